/** What an image may at most, and must at least, be. */
export interface ImageLimits {
  /** Length of the file in bytes. */
  readonly maxBytes: number;
  /** Width times height of the first frame, before any shrinking. */
  readonly maxPixels: number;
  /** Shortest allowed side in pixels. */
  readonly minSide: number;
  /** Longest allowed side in pixels; absent: as long as maxPixels allows. */
  readonly maxSide?: number;
}

/** Bounds that one operation has for the sides of its images, in place of the server's, pixels. */
export type SideLimits = Pick<ImageLimits, 'maxSide'> & Partial<Pick<ImageLimits, 'minSide'>>;

/** The server's limits with those that an operation has of its own. */
export function limitsWith(limits: ImageLimits, sides: SideLimits | undefined): ImageLimits {
  return sides === undefined ? limits : { ...limits, ...sides };
}

/**
 * AWS's limits where it states any: the length of an object in S3 (the tighter one of inline bytes is the operation's) and
 * 80 pixels a side; 100 megapixels is 10,000 x 10,000, AWS's longest side for labels, squared.
 *
 * @source Amazon Rekognition developer guide, guidelines and quotas
 */
export const defaultImageLimits: ImageLimits = { maxBytes: 15_728_640, maxPixels: 100_000_000, minSide: 80 };
