import { createHash } from 'node:crypto';
import { ServiceError } from '../../contract/index.ts';

/** What a request says about its signature; nothing of it is verified yet. */
export interface StatedSignature {
  readonly accessKeyId: string;
  readonly scope: {
    readonly date: string;
    readonly region: string;
    readonly service: string;
    readonly terminator: string;
  };
  /** Lower case, in the order stated. */
  readonly signedHeaders: readonly string[];
  /** As stated; compared in constant time. */
  readonly signature: string;
  /** When it was signed: `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly signedAtMs: number;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Reads the Authorization header and the date of a request.
 *
 * @param headers by lower-case name
 * @throws {ServiceError} MissingAuthenticationTokenException, IncompleteSignatureException, in AWS's words
 */
export function statedSignature(headers: ReadonlyMap<string, readonly string[]>, query: string): StatedSignature {
  const values = headers.get('authorization') ?? [];
  if (/(^|&)X-Amz-(Signature|Algorithm)=/i.test(query)) {
    throw new ServiceError(
      'IncompleteSignatureException',
      'Signatures in the query (presigned URLs) are not supported; sign with the Authorization header.',
    );
  }
  const [header] = values;
  if (header === undefined || values.length > 1 || !header.trimStart().startsWith('AWS4-')) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  const fields = headerFields(header);
  const date = headers.get('x-amz-date')?.[0] ?? headers.get('date')?.[0];
  const problems = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (date === undefined) {
    problems.push(`Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.`);
  }
  if (!header.trimStart().startsWith(`${algorithm} `)) problems.unshift(`Unsupported AWS 'algorithm'.`);
  if (problems.length > 0 || date === undefined) {
    // As AWS does now, the header is told by its hash, since it may hold a secret put there by mistake.
    const digest = createHash('sha256').update(header, 'latin1').digest('base64');
    throw new ServiceError(
      'IncompleteSignatureException',
      `${problems.join(' ')} (Hashed with SHA-256 and encoded with Base64) Authorization=${digest}`,
    );
  }
  return {
    ...credential(fields.get('Credential') ?? ''),
    signedHeaders: (fields.get('SignedHeaders') ?? '').toLowerCase().split(';'),
    signature: fields.get('Signature') ?? '',
    ...signingTime(date),
  };
}

function headerFields(header: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of header.trim().split(/[ ,]+/).slice(1)) {
    const at = part.indexOf('=');
    if (at > 0 && !fields.has(part.slice(0, at))) fields.set(part.slice(0, at), part.slice(at + 1));
  }
  return fields;
}

function credential(text: string): Pick<StatedSignature, 'accessKeyId' | 'scope'> {
  const [accessKeyId, date, region, service, terminator, ...more] = text.split('/');
  if (
    accessKeyId === undefined ||
    date === undefined ||
    region === undefined ||
    service === undefined ||
    terminator === undefined ||
    more.length > 0
  ) {
    throw new ServiceError(
      'IncompleteSignatureException',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text.slice(0, 256)}'`,
    );
  }
  return { accessKeyId, scope: { date, region, service, terminator } };
}

const basicFormat = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

function signingTime(text: string): Pick<StatedSignature, 'timestamp' | 'signedAtMs'> {
  const basic = basicFormat.exec(text.trim());
  const signedAtMs =
    basic === null
      ? Date.parse(text)
      : Date.parse(`${basic[1]}-${basic[2]}-${basic[3]}T${basic[4]}:${basic[5]}:${basic[6]}Z`);
  if (Number.isNaN(signedAtMs) || Math.abs(signedAtMs) > 8e15) {
    throw new ServiceError(
      'IncompleteSignatureException',
      `Date must be in ISO-8601 'basic format'. Got '${text.slice(0, 64)}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  return { timestamp: basicTime(signedAtMs), signedAtMs };
}

/** A time as SigV4 writes it: `YYYYMMDDTHHMMSSZ`. */
export function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
