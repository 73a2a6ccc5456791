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

/**
 * AWS's limits where it states any: the length of an object in S3 (the tighter one of inline bytes is the operation's) and
 * 80 pixels a side; 100 megapixels is 10,000 x 10,000, AWS's longest side for labels, squared.
 *
 * @source Amazon Rekognition developer guide, guidelines and quotas
 */
export const defaultImageLimits: ImageLimits = { maxBytes: 15_728_640, maxPixels: 100_000_000, minSide: 80 };
