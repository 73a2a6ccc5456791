import { createHash } from 'node:crypto';

/** Of arrays that a call still holds, so that one call hashes its image once; a digest goes with its array. */
const digests = new WeakMap<Uint8Array, Buffer>();

/**
 * SHA-256 of an image's bytes, 32 bytes.
 *
 * @param bytes not to be changed any more
 */
export function imageDigest(bytes: Uint8Array): Buffer {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(bytes).digest();
  digests.set(bytes, digest);
  return digest;
}

/**
 * The id of an image: the same for the same bytes, in the form of a name-based UUID as Rekognition gives.
 *
 * @param bytes not to be changed any more
 * @source RFC 9562, section 5.8 (a UUID of one's own making, here the beginning of a SHA-256) in the dress of version 5
 */
export function imageIdOf(bytes: Uint8Array): string {
  const hex = imageDigest(bytes).toString('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
