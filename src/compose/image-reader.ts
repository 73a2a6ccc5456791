import { ServiceError } from '../contract/index.ts';
import type { ImageReader, RequestedImage } from '../governance/index.ts';
import { imageIdOf } from '../shared/image-id.ts';
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
