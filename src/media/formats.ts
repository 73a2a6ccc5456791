/** A file format that can be told by its first bytes; `heic` is told apart only to name what is missing. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff' | 'heic';

/** ISO base media brands of AV1 still images and sequences. */
const avifBrands = new Set(['avif', 'avis']);
/** ISO base media brands that stand for HEVC images, or for HEIF without saying which codec. */
const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1', 'mif2']);
/** A `ftyp` box longer than this lists brands beyond reason. */
const maxFtypBytes = 512;

/**
 * Tells an image's format by its first bytes, before any decoder sees them.
 *
 * @returns undefined for everything that is not supported, SVG and PDF included
 */
export function recogniseFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpeg';
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png';
  const start = latin1(bytes, 0, 6);
  if (start === 'GIF87a' || start === 'GIF89a') return 'gif';
  if (latin1(bytes, 0, 4) === 'RIFF' && latin1(bytes, 8, 12) === 'WEBP') return 'webp';
  if (startsWith(bytes, [0x49, 0x49, 0x2a, 0x00]) || startsWith(bytes, [0x4d, 0x4d, 0x00, 0x2a])) return 'tiff';
  if (latin1(bytes, 4, 8) === 'ftyp') return formatOfBrands(bytes);
  return undefined;
}

/** AVIF wins when both are named: `mif1` stands beside `avif` in most AVIF files. */
function formatOfBrands(bytes: Uint8Array): ImageFormat | undefined {
  const boxBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  const end = Math.min(boxBytes, bytes.length, maxFtypBytes);
  const brands: string[] = [];
  // Bytes 12..16 are the minor version, which is a number and no brand.
  for (let at = 8; at + 4 <= end; at += 4) if (at !== 12) brands.push(latin1(bytes, at, at + 4));
  if (brands.some((brand) => avifBrands.has(brand))) return 'avif';
  return brands.some((brand) => heicBrands.has(brand)) ? 'heic' : undefined;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
