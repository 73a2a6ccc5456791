import type { Pyramid } from '../align/raster.ts';
import type { FoundFace } from './mesh-faces.ts';

/** The detectors that can find faces: FaceBoxes comes with every installation, YuNet with the pack of its name. */
export type DetectorName = 'faceboxes' | 'yunet';

/** Finds the faces of decoded photos with one detector. */
export interface FaceFinder {
  /** Longest sides, in pixels, of the decodings in which the largest face is looked for, one after the other. */
  readonly quickSides: readonly number[];
  /**
   * Finds up to 200 faces, the largest first.
   *
   * @throws {DOMException} AbortError when the signal fires between two runs
   */
  findAll(image: Pyramid, signal: AbortSignal): Promise<FoundFace[]>;
  /**
   * Finds the largest face with one quick look, or tells by undefined that it can't be sure.
   *
   * @throws {DOMException} AbortError when the signal fires between two runs
   */
  findLargest(image: Pyramid, signal: AbortSignal): Promise<FoundFace | undefined>;
}
