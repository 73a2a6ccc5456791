import { createHash } from 'node:crypto';
import { limits, type OwnRequestOf, ServiceError } from '../../contract/index.ts';
import type { Capabilities } from '../../governance/index.ts';
import type { EncodedImage } from '../../vision/index.ts';

/** An image as RankSimilarImages names it. */
export type NamedImage = OwnRequestOf<'RankSimilarImages'>['candidates'][number];

/** An image that was sent, or the digest of one that was sent before. */
export interface FoundImage {
  readonly sha256: string;
  readonly image?: EncodedImage;
}

const base64 = /^[0-9A-Za-z+/\s]+={0,2}\s*$/;

/** Whether only its digest was sent. */
export const isDigest = ({ bytes, s3Object }: NamedImage): boolean => bytes === undefined && s3Object === undefined;

/**
 * Reads an image, or gives its digest where no more was sent.
 *
 * @throws {ServiceError} InvalidParameterException where it has not exactly one member, or is not in Base64; and what
 * reading throws
 */
export async function requestedImage(
  named: NamedImage,
  images: Capabilities['images'],
  signal: AbortSignal,
): Promise<FoundImage> {
  const { bytes, s3Object, sha256 } = named;
  if ([bytes, s3Object, sha256].filter((member) => member !== undefined).length !== 1) {
    throw new ServiceError(
      'InvalidParameterException',
      'Request has invalid parameters: an image has exactly one of bytes, s3Object and sha256.',
    );
  }
  if (sha256 !== undefined) return { sha256 };
  if (bytes !== undefined && !base64.test(bytes)) {
    throw new ServiceError('InvalidParameterException', 'The image is not in Base64.');
  }
  const image = await images.read(
    bytes !== undefined
      ? { Bytes: Buffer.from(bytes, 'base64') }
      : { S3Object: { Bucket: s3Object?.bucket, Name: s3Object?.name, Version: s3Object?.version } },
    signal,
    limits.images.similar,
  );
  return { image, sha256: createHash('sha256').update(image.bytes).digest('hex') };
}
