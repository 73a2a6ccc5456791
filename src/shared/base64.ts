const equals = 0x3d;
/** What is decoded of a stretch at a time: a multiple of 4 that stays in a core's own cache, bytes. */
const pieceBytes = 65_536;

/**
 * The bytes that a text says in padded base64; undefined where it isn't base64 throughout.
 *
 * Node's decoder skips what isn't base64, so a text is base64 when nothing was skipped: the length tells. For an image
 * of 5 MiB this takes 11 ms; matching the text against a pattern first, as the AWS SDK does, takes 31 ms more.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0 || isOfUrls(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== (text.length / 4) * 3 - padding) return undefined;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** As {@link decodeBase64}, of the ASCII text from `start` to below `end`, into memory of its own. */
export function decodeBase64In(ascii: Buffer, start: number, end: number): Uint8Array | undefined {
  if ((end - start) % 4 !== 0) return undefined;
  const padding = ascii[end - 1] !== equals ? 0 : ascii[end - 2] === equals ? 2 : 1;
  const length = ((end - start) / 4) * 3 - padding;
  const bytes = Buffer.allocUnsafeSlow(length);
  let written = 0;
  for (let at = start; at < end; at += pieceBytes) {
    const piece = ascii.toString('latin1', at, Math.min(end, at + pieceBytes));
    const whole = Math.min(length - written, (piece.length / 4) * 3);
    if (isOfUrls(piece) || bytes.write(piece, written, 'base64') !== whole) return undefined;
    written += whole;
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
}

/** Node reads base64url too, AWS doesn't. */
function isOfUrls(text: string): boolean {
  return text.includes('-') || text.includes('_');
}
