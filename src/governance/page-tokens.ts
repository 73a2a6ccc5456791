import { createHmac, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../contract/index.ts';
import { canonicalJson, sha256Hex } from '../shared/canonical-json.ts';
import type { PageTokens } from './capabilities.ts';

const macBytes = 16;
const expiryBytes = 6;
/** Rekognition's bound on NextToken, in characters. */
const longestToken = 255;
const dayMs = 24 * 60 * 60 * 1_000;

/**
 * Makes page tokens: base64url of `mac (16 bytes) | expiry (6 bytes, big endian, ms since 1970) | position (JSON)`. The
 * MAC is HMAC-SHA256, cut to 128 bits, over the operation, the scope's digest, expiry and position; a token of another
 * operation, of other parameters or of another server's secret is not redeemed. A position's JSON has room for 169 bytes.
 *
 * @param parts.secret at least 32 bytes, kept in the data folder; never logged
 * @param parts.clock milliseconds since 1970
 * @param parts.lifetimeMs how long a token can be redeemed; 24 hours by default
 */
export function createPageTokens(parts: { secret: Uint8Array; clock: () => number; lifetimeMs?: number }): PageTokens {
  const { secret, clock, lifetimeMs = dayMs } = parts;
  if (secret.length < 32) throw new RangeError('the secret of page tokens must be at least 32 bytes long');

  const macOf = (operation: string, scope: unknown, payload: Uint8Array): Buffer =>
    createHmac('sha256', secret)
      .update(`likeness-page-token\n${operation}\n${sha256Hex(canonicalJson(scope ?? null))}\n`)
      .update(payload)
      .digest()
      .subarray(0, macBytes);

  return {
    issue(operation, scope, position) {
      const expiry = Buffer.alloc(expiryBytes);
      expiry.writeUIntBE(Math.round(clock() + lifetimeMs), 0, expiryBytes);
      const payload = Buffer.concat([expiry, Buffer.from(JSON.stringify(position), 'utf8')]);
      const token = Buffer.concat([macOf(operation, scope, payload), payload]).toString('base64url');
      if (token.length > longestToken)
        throw new RangeError(`the position of ${operation} does not fit into a page token`);
      return token;
    },
    redeem(operation, scope, token) {
      const bytes = Buffer.from(token, 'base64url');
      // Node's decoder passes over foreign characters; only the one spelling of a token is a token.
      if (bytes.length <= macBytes + expiryBytes || bytes.toString('base64url') !== token) throw invalid();
      const payload = bytes.subarray(macBytes);
      if (!timingSafeEqual(bytes.subarray(0, macBytes), macOf(operation, scope, payload))) throw invalid();
      if (clock() >= payload.readUIntBE(0, expiryBytes)) throw invalid();
      return JSON.parse(payload.subarray(expiryBytes).toString('utf8')) as unknown;
    },
  };
}

function invalid(): ServiceError {
  return new ServiceError('InvalidPaginationTokenException', 'Invalid Pagination Token');
}
