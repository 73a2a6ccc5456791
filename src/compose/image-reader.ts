import { createHash } from 'node:crypto';
import { ServiceError } from '../contract/index.ts';
import type { ImageReader, RequestedImage } from '../governance/index.ts';
import type { ObjectReader } from '../sources/index.ts';

/** What an image reader needs. */
export interface ImageReaderParts {
  readonly objects: ObjectReader;
  /** Longest image in a request's own bytes. */
  readonly maxInlineBytes: number;
  /** Longest image in a bucket, in bytes. */
  readonly maxObjectBytes: number;
}

/** Reads the images that requests name: their own bytes, or an object in a bucket. */
export function createImageReader({ objects, maxInlineBytes, maxObjectBytes }: ImageReaderParts): ImageReader {
  const bytesOf = async (
    image: RequestedImage | undefined,
    signal: AbortSignal,
    longest: number,
  ): Promise<Uint8Array> => {
    const inline = image?.Bytes;
    const object = image?.S3Object;
    if ((inline === undefined) === (object === undefined)) {
      throw new ServiceError('InvalidParameterException', 'Request has invalid parameters');
    }
    if (inline !== undefined) {
      if (inline.length > longest) throw new ServiceError('ImageTooLargeException', 'Image size is too large.');
      return inline;
    }
    if (!object?.Bucket || !object.Name) {
      throw new ServiceError('InvalidParameterException', 'Request has invalid parameters');
    }
    return objects.read(
      {
        bucket: object.Bucket,
        key: object.Name,
        ...(object.Version !== undefined && { version: object.Version }),
      },
      maxObjectBytes,
      signal,
    );
  };
  return {
    async read(image, signal, bounds = {}) {
      const { maxInlineBytes: own = maxInlineBytes, ...sides } = bounds;
      const bytes = await bytesOf(image, signal, Math.min(own, maxInlineBytes));
      return { bytes, imageId: imageIdOf(bytes), ...(Object.keys(sides).length > 0 && { sides }) };
    },
  };
}

/**
 * The id of an image: the same for the same bytes, in the form of a name-based UUID as Rekognition gives.
 *
 * @source RFC 9562, section 5.8 (a UUID of one's own making, here the beginning of a SHA-256) in the dress of version 5
 */
export function imageIdOf(bytes: Uint8Array): string {
  const hex = createHash('sha256').update(bytes).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
