import { createHash } from 'node:crypto';

/**
 * The one JSON text of a value: members sorted by name, absent ones left out, no spaces; bytes stand as their
 * SHA-256, so that no image is copied into a text. Equal values give equal texts, whatever order they were built in.
 *
 * @throws {TypeError} for what JSON cannot say: a function, a symbol, a bigint, a number that is not finite
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no canonical JSON');
    return JSON.stringify(value);
  }
  if (value instanceof Uint8Array) return `{"sha256":${JSON.stringify(sha256Hex(value))}}`;
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} has no canonical JSON`);
}

/** SHA-256 of a text (UTF-8) or of bytes, 64 hex digits. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
