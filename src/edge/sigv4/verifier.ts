import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../../contract/index.ts';
import type { Caller } from '../../governance/index.ts';
import { basicTime, type StatedSignature, statedSignature } from './authorization-header.ts';
import {
  canonicalRequest,
  headerValues,
  MalformedTargetError,
  type SignedMessage,
  sha256Hex,
  splitTarget,
} from './canonical-request.ts';

/** An access key as the edge must know it. */
export interface SigningKey extends Caller {
  readonly secretAccessKey: string;
  /** Present on a temporary key: every request must carry it. */
  readonly sessionToken?: string | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly revokedAtMs?: number | undefined;
}

/** Finds an access key; asked at every request, so that a revoked key is refused at once. */
export type FindKey = (accessKeyId: string) => Promise<SigningKey | undefined>;

/** A request whose headers have passed, and whose body is still to come. */
export interface HeadersPassed {
  /**
   * Verifies the signature over headers and body.
   *
   * @throws {ServiceError} InvalidSignatureException, UnrecognizedClientException, ExpiredTokenException
   */
  verify(body: Uint8Array): Promise<Caller>;
}

/** Verifies SigV4 in two steps, so that a request that can't pass is refused before its body is read. */
export interface SignatureVerifier {
  /**
   * @param secure whether the request came over TLS
   * @throws {ServiceError} MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException
   */
  readHeaders(message: SignedMessage, secure: boolean): HeadersPassed;
}

const skewMs = 5 * 60_000;
const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
  'and signing method. Consult the service documentation for details.';
const unknownKey = 'The security token included in the request is invalid.';

/**
 * Verifies Signature Version 4 for one service and region.
 *
 * @param parts.clock milliseconds since the epoch
 * @source AWS, "Signature Version 4 signing process"; error texts as AWS's JSON services send them
 */
export function createSignatureVerifier(parts: {
  readonly findKey: FindKey;
  readonly service: string;
  readonly region: string;
  readonly clock: () => number;
}): SignatureVerifier {
  // Stands in for the secret of a key that doesn't exist: an unknown key costs the same work as a known one.
  const nobodysSecret = randomBytes(30).toString('base64');

  return {
    readHeaders(message, secure) {
      const headers = headerValues(message.rawHeaders);
      const stated = statedSignature(headers, splitTarget(message.target).query);
      refuseWrongScope(stated, parts);
      refuseWrongTime(stated, parts.clock());
      refuseUnsignedHeaders(stated.signedHeaders, headers);
      const statedHash = headers.get('x-amz-content-sha256')?.[0];
      refusePayloadMode(statedHash, secure);
      const token = headers.get('x-amz-security-token')?.[0];

      return {
        async verify(body) {
          const bodyHash = sha256Hex(body);
          const payloadHash = statedHash ?? bodyHash;
          const bodyHolds = payloadHash === 'UNSIGNED-PAYLOAD' || sameText(payloadHash, bodyHash);
          const key = await parts.findKey(stated.accessKeyId);
          const secret = key?.secretAccessKey ?? nobodysSecret;
          const expected = signatureOf(message, stated, payloadHash, secret);
          const matches = sameText(expected, stated.signature) && bodyHolds;
          const tokenHolds = sameText(token ?? '', key?.sessionToken ?? '');
          if (key === undefined || key.revokedAtMs !== undefined) {
            throw new ServiceError('UnrecognizedClientException', unknownKey);
          }
          if (!tokenHolds) throw new ServiceError('UnrecognizedClientException', unknownKey);
          if (!matches) throw new ServiceError('InvalidSignatureException', mismatch);
          if (key.expiresAtMs !== undefined && key.expiresAtMs <= parts.clock()) {
            throw new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
          }
          const { accessKeyId, person, operations, collections, purposes } = key;
          return { accessKeyId, person, operations, collections, purposes };
        },
      };
    },
  };
}

function signatureOf(message: SignedMessage, stated: StatedSignature, payloadHash: string, secret: string): string {
  const { date, region, service, terminator } = stated.scope;
  let canonical: string;
  try {
    canonical = canonicalRequest(message, stated.signedHeaders, payloadHash);
  } catch (cause) {
    if (cause instanceof MalformedTargetError) throw new ServiceError('InvalidSignatureException', mismatch, { cause });
    throw cause;
  }
  const scope = `${date}/${region}/${service}/${terminator}`;
  const stringToSign = ['AWS4-HMAC-SHA256', stated.timestamp, scope, sha256Hex(canonical)].join('\n');
  const signingKey = [date, region, service, terminator].reduce<Buffer | string>(hmac, `AWS4${secret}`);
  return hmac(signingKey, stringToSign).toString('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest();
}

/** Compares in a time that tells nothing about where two texts differ. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [sha256Hex(a), sha256Hex(b)].map((hex) => Buffer.from(hex));
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

function refuseWrongScope(
  { scope, timestamp }: StatedSignature,
  { region, service }: { readonly region: string; readonly service: string },
): void {
  const day = timestamp.slice(0, 8);
  const problems = [
    scope.region !== region && `Credential should be scoped to a valid region, not '${short(scope.region)}'.`,
    scope.service !== service && `Credential should be scoped to correct service: '${service}'.`,
    scope.terminator !== 'aws4_request' &&
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${short(scope.terminator)}'.`,
    scope.date !== day &&
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${short(scope.date)}' != '${day}', from '${timestamp}'.`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new ServiceError('InvalidSignatureException', `${problems.join(' ')} `);
}

function refuseWrongTime({ signedAtMs, timestamp }: StatedSignature, nowMs: number): void {
  const now = basicTime(nowMs);
  if (signedAtMs < nowMs - skewMs) {
    throw new ServiceError(
      'InvalidSignatureException',
      `Signature expired: ${timestamp} is now earlier than ${basicTime(nowMs - skewMs)} (${now} - 5 min.)`,
    );
  }
  if (signedAtMs > nowMs + skewMs) {
    throw new ServiceError(
      'InvalidSignatureException',
      `Signature not yet current: ${timestamp} is still later than ${basicTime(nowMs + skewMs)} (${now} + 5 min.)`,
    );
  }
}

/** Host, and every header that changes what the request means to AWS's protocol, must be under the signature. */
function refuseUnsignedHeaders(signed: readonly string[], headers: ReadonlyMap<string, readonly string[]>): void {
  const unsigned = ['host', ...[...headers.keys()].filter((name) => name.startsWith('x-amz-'))].find(
    (name) => !signed.includes(name),
  );
  if (unsigned !== undefined) {
    throw new ServiceError(
      'InvalidSignatureException',
      `'${short(unsigned)}' must be a 'SignedHeader' in the AWS Authorization.`,
    );
  }
  if (signed.some((name) => !headers.has(name))) throw new ServiceError('InvalidSignatureException', mismatch);
}

function refusePayloadMode(statedHash: string | undefined, secure: boolean): void {
  if (statedHash === undefined || /^[0-9a-f]{64}$/.test(statedHash)) return;
  if (statedHash === 'UNSIGNED-PAYLOAD' && secure) return;
  throw new ServiceError(
    'InvalidSignatureException',
    statedHash === 'UNSIGNED-PAYLOAD'
      ? 'UNSIGNED-PAYLOAD is accepted over TLS only.'
      : "'x-amz-content-sha256' must be the hex SHA-256 of the body.",
  );
}

function short(text: string): string {
  return text.slice(0, 64);
}
