import sharp, { type Metadata, type Sharp } from 'sharp';
import { ImageError } from './errors.ts';
import { type ImageFormat, recogniseFormat } from './formats.ts';
import { defaultImageLimits, type ImageLimits } from './limits.ts';

/** An image's format and size, read from its header alone. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels, after EXIF orientation. */
  readonly uprightWidth: number;
  /** Pixels, after EXIF orientation. */
  readonly uprightHeight: number;
}

/** A decoded image, upright. */
export interface PixelImage {
  /** Pixels of `data`. */
  readonly width: number;
  /** Pixels of `data`. */
  readonly height: number;
  /** `[height, width, 3]`, sRGB, 0..255; owns the whole of its ArrayBuffer, which may be transferred to another thread. */
  readonly data: Uint8Array;
  /** Width of the whole upright image before any shrinking, in pixels. */
  readonly uprightWidth: number;
  /** Height of the whole upright image before any shrinking, in pixels. */
  readonly uprightHeight: number;
}

/** How {@link decodeImage} decodes. */
export interface DecodeOptions {
  readonly limits: ImageLimits;
  /** Shrinks so that the longer side has at most this many pixels; never enlarges. A JPEG is shrunk while it is decoded, which spares most of its cost. */
  readonly maxSide?: number;
}

/**
 * White, because it is what cut-out portraits and drawings with transparency are made to be seen on, and because the
 * colours under transparent pixels must not be analysed: nobody who looks at the image sees them.
 */
const background = '#ffffff';

/** A lid for files that are cheap to send and dear to decode: 100 megapixels take 1.2 s as a baseline JPEG, 6 s as a progressive one. */
const decodeSeconds = 30;

/** The loaders that may run: libvips also knows SVG, which reads other files, and its own raw formats. */
const allowedLoaders = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif', 'Tiff'].map((name) => `VipsForeignLoad${name}Buffer`);

// libvips keeps these for the whole process, so they are set as this module loads, before any image can be decoded. One
// thread per image, as many images run side by side; no cache, as an image of one caller must not stay for the next.
sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: allowedLoaders });

/**
 * Reads an image's header and checks it against the limits, without decoding pixels.
 *
 * @throws {ImageError}
 */
export async function inspectImage(bytes: Uint8Array, limits: ImageLimits = defaultImageLimits): Promise<ImageHeader> {
  const { format, uprightWidth, uprightHeight } = await readHeader(bytes, limits);
  return { format, uprightWidth, uprightHeight };
}

/** A header with what libvips tells of it. */
export interface FullHeader extends ImageHeader {
  readonly metadata: Metadata;
}

/** @param limits checked on the way @throws {ImageError} */
export async function readHeader(bytes: Uint8Array, limits: ImageLimits): Promise<FullHeader> {
  if (bytes.length > limits.maxBytes) {
    throw new ImageError('too-many-bytes', `the image has ${bytes.length} bytes, more than ${limits.maxBytes}`);
  }
  const format = recogniseFormat(bytes);
  if (format === undefined) {
    throw new ImageError('unrecognised', 'the bytes are no JPEG, PNG, WebP, AVIF, GIF or TIFF image');
  }
  if (format === 'heic' && !decodesHevc()) throw unsupportedHeic();
  const metadata = await readMetadata(bytes, format);
  if (metadata.compression === 'hevc' && !decodesHevc()) throw unsupportedHeic();
  const { width, height } = metadata.autoOrient;
  checkSides(width, height, limits);
  return { format, uprightWidth: width, uprightHeight: height, metadata };
}

/**
 * Decodes an untrusted image file to upright sRGB pixels: EXIF orientation applied, transparency flattened onto white,
 * CMYK, greyscale, 16 bits and embedded profiles converted; of an animation or a multi-page file only the first frame.
 *
 * @throws {ImageError} for whatever is wrong with the bytes
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<PixelImage> {
  const header = await readHeader(bytes, options.limits);
  const { uprightWidth, uprightHeight } = header;
  const { maxSide } = options;
  let image = openImage(bytes, options.limits.maxPixels).autoOrient();
  if (maxSide !== undefined && Math.max(uprightWidth, uprightHeight) > maxSide) {
    image = image.resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true });
  }
  return { ...(await finishDecoding(image, header)), uprightWidth, uprightHeight };
}

/** Brings an opened image to sRGB pixels without transparency. @throws {ImageError} */
export async function finishDecoding(
  opened: Sharp,
  { format, metadata }: FullHeader,
): Promise<Pick<PixelImage, 'width' | 'height' | 'data'>> {
  let image = opened.flatten({ background }).toColourspace('srgb');
  // sharp brings 16-bit colour with a profile to Display P3 and leaves it there, unless the output's profile is named.
  if (metadata.space === 'rgb16' && metadata.icc !== undefined) image = image.withIccProfile('srgb');
  try {
    // Not sharp's toUint8Array: in 0.35.5 the memory of what it answers with is never given back.
    const { data, info } = await image
      .timeout({ seconds: decodeSeconds })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels`);
    // sharp answers with a Buffer, whose slice() shares memory where a Uint8Array's copies.
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { width: info.width, height: info.height, data: pixels };
  } catch (cause) {
    throw damaged(format, cause);
  }
}

/** `error` refuses truncated files but not those that libjpeg merely warns of, such as stray bytes between markers, which cameras do write. */
export function openImage(bytes: Uint8Array, limitInputPixels: number | false): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels, sequentialRead: true, page: 0, pages: 1 });
}

/** Without sharp's own pixel limit, whose error could only be told from others by its text; nothing is allocated for pixels here. */
async function readMetadata(bytes: Uint8Array, format: ImageFormat): Promise<Metadata> {
  let metadata: Metadata;
  try {
    metadata = await openImage(bytes, false).metadata();
  } catch (cause) {
    throw damaged(format, cause);
  }
  const expected = format === 'avif' || format === 'heic' ? 'heif' : format;
  if (metadata.format !== expected) {
    throw new ImageError('unrecognised', `the image begins as ${format} but is something else`);
  }
  return metadata;
}

function checkSides(width: number, height: number, limits: ImageLimits): void {
  const size = `the image has ${width} x ${height} pixels`;
  if (width * height > limits.maxPixels) {
    throw new ImageError('too-many-pixels', `${size}, more than ${limits.maxPixels} in all`);
  }
  if (limits.maxSide !== undefined && Math.max(width, height) > limits.maxSide) {
    throw new ImageError('too-many-pixels', `${size}, more than ${limits.maxSide} on a side`);
  }
  if (Math.min(width, height) < limits.minSide) {
    throw new ImageError('too-small', `${size}, fewer than ${limits.minSide} on a side`);
  }
}

function damaged(format: ImageFormat, cause: unknown): ImageError {
  return new ImageError('truncated', `the ${format} image is damaged or truncated`, { cause });
}

/** sharp's prebuilt libvips reads HEIF with AV1 only; one built with libde265 or another HEVC decoder also lists .heic. */
function decodesHevc(): boolean {
  return sharp.format.heif.input.fileSuffix?.includes('.heic') ?? false;
}

function unsupportedHeic(): ImageError {
  return new ImageError(
    'unsupported-heic',
    'HEIC images need an HEVC decoder (libheif with libde265), which the libvips in use lacks; send JPEG, PNG, WebP or AVIF',
  );
}
