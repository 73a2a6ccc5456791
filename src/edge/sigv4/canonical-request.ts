import { createHash } from 'node:crypto';

/** What SigV4 signs of a request, as it came over the wire. */
export interface SignedMessage {
  readonly method: string;
  /** The raw target of the request line: path and query, still encoded. */
  readonly target: string;
  /** Header names and values by turns, in the order and case of the wire, values one character per byte. */
  readonly rawHeaders: readonly string[];
}

/** The target of the request line has a malformed percent escape. */
export class MalformedTargetError extends Error {
  constructor(options?: { cause?: unknown }) {
    super('the path or query has a malformed percent escape', options);
    this.name = 'MalformedTargetError';
  }
}

/**
 * The canonical request of Signature Version 4, one character per byte.
 *
 * @param signedHeaders lower-case names, in the order to sign
 * @param payloadHash what stands for the body: hex SHA-256, or a word
 * @throws {MalformedTargetError}
 * @source AWS, "Create a signed AWS API request"
 */
export function canonicalRequest(
  message: SignedMessage,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const { path, query } = splitTarget(message.target);
  const headers = headerValues(message.rawHeaders);
  return [
    message.method,
    canonicalPath(path),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${(headers.get(name) ?? []).map(trimmed).join(',')}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** The raw path and the raw query (without its question mark) of a request's target. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** All values of each header, by lower-case name, in the order of the wire. */
export function headerValues(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const earlier = values.get(name);
    if (earlier === undefined) values.set(name, [value]);
    else earlier.push(value);
  }
  return values;
}

/** Hex SHA-256; text is taken one byte per character. */
export function sha256Hex(data: Uint8Array | string): string {
  const hash = createHash('sha256');
  return (typeof data === 'string' ? hash.update(data, 'latin1') : hash.update(data)).digest('hex');
}

/** Dot segments and empty segments go, and what is encoded on the wire is encoded once more. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const slash = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.map(encodeRfc3986).join('/')}${slash}`;
}

/** Parameters by encoded name, then by encoded value. */
function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [reencode(name), reencode(value)] as const;
    })
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A plus is a plus: clients of AWS encode a space as %20. */
function reencode(text: string): string {
  try {
    return encodeRfc3986(decodeURIComponent(text));
  } catch (cause) {
    throw new MalformedTargetError({ cause });
  }
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function trimmed(value: string): string {
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}
