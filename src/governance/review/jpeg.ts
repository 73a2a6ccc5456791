const startOfScan = 0xda;
const comment = 0xfe;

/**
 * A JPEG without comments and application segments (EXIF, XMP, thumbnails, colour profiles), so that nothing beside
 * the picture tells where it came from.
 *
 * @throws {RangeError} when the bytes are no JPEG
 */
export function bareJpeg(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new RangeError('a crop must be a JPEG');
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  for (let at = 2; ; ) {
    const marker = bytes[at + 1];
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (bytes[at] !== 0xff || marker === undefined || length < 2 || at + 2 + length > bytes.length) {
      throw new RangeError('a crop must be a whole JPEG');
    }
    if (marker === startOfScan) {
      kept.push(bytes.subarray(at));
      return Buffer.concat(kept);
    }
    const isApplication = marker >= 0xe0 && marker <= 0xef;
    if (!isApplication && marker !== comment) kept.push(bytes.subarray(at, at + 2 + length));
    at += 2 + length;
  }
}
