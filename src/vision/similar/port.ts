import type { EncodedImage } from '../faces.ts';

/**
 * What a whole picture looks like, as numbers. Faces are made unrecognisable before it is computed, so that it finds
 * pictures and not persons; it is no template of anyone.
 */
export interface VisualFeature {
  /** Which nets and recipe made it; only features of one version compare. */
  readonly version: string;
  /** What is shown: a net's pooled activations, or an image embedding; of length 1. */
  readonly content: Float32Array;
  /** Which colours there are: the square roots of a soft histogram in Lab; of length 1. */
  readonly colours: Float32Array;
}

/** Says what a picture looks like; cannot tell who is in it. */
export interface VisualFeatureReader {
  /**
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   * @throws {DOMException} AbortError when the signal fires
   */
  visualFeature(image: EncodedImage, signal: AbortSignal): Promise<VisualFeature>;
}
