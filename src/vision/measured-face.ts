import type { Pyramid } from './align/raster.ts';
import type { FaceAttribute, FaceAttributes, FaceObservation } from './faces.ts';

/** A rectangle in pixels of the working raster, origin top left; may reach beyond it. */
export interface PixelBox {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** A point in pixels of the working raster; the centre of pixel (i, j) is at x = i, y = j. */
export interface PixelPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * Where everything in a face is, in pixels of the photo's working raster (`MeasuredPhoto.pyramid` level 0).
 *
 * Left and right are the image's: of a person who looks into the camera, the left eye here is the one at the image's
 * left (the person's own right eye), as Rekognition names them.
 */
export interface FaceAnatomy {
  /** Facemesh's 468 points as `[468, 3]` x, y, z; z in the same unit, smaller is nearer to the camera. */
  readonly mesh: Float32Array;
  /** 0..1: how sure facemesh is that it looked at a face. */
  readonly meshFlag: number;
  /** Five points of each iris as `[5, 2]`: centre, then right, top, left, bottom of its rim in mesh order. Absent when the face is too small for it (eyes under about 8 pixels). */
  readonly iris?: {
    readonly left: Float32Array;
    readonly right: Float32Array;
    /** Mean gap of the lids of both eyes over the eye's width: under .1 closed, about .2 open. */
    readonly openness: number;
  };
  /** Box of the mesh in pixels, forehead to chin. */
  readonly box: PixelBox;
}

/** What the faceres net says of one face, the means over the crop and its mirror image. */
export interface FaceresOutputs {
  /** `[1024]`, raw, not normalised: mean of `global_pooling/Mean` of crop and mirror. */
  readonly feature: Float32Array;
  /** `[100]` probabilities of the ages 0..99 years. */
  readonly age: Float32Array;
  /** 0..1, 1 is male. */
  readonly male: number;
}

/** A face with all that was measured on the way to its observation, for code in this process only. */
export interface MeasuredFace {
  readonly anatomy: FaceAnatomy;
  /** The observation without attributes: box, confidence, landmarks, pose, quality. */
  readonly observation: Omit<FaceObservation, 'attributes'>;
}

/** A decoded photo with its measured faces, as the describer of attributes gets it. */
export interface MeasuredPhoto {
  /** The pixels that {@link FaceAnatomy} is in; cut crops with `cutChip` of the align folder. */
  readonly pyramid: Pyramid;
  readonly faces: readonly MeasuredFace[];
  /** faceres of every face in the order of `faces`, run as batches on first call and kept: free after embedding. */
  faceres(signal: AbortSignal): Promise<readonly FaceresOutputs[]>;
}

/** Tells the attributes of measured faces. */
export interface FaceDescriber {
  /**
   * Describes the faces, in their order; asked only with at least one attribute and one face.
   *
   * @throws {DOMException} AbortError when the signal fires
   */
  describe(
    photo: MeasuredPhoto,
    wanted: ReadonlySet<FaceAttribute>,
    signal: AbortSignal,
  ): Promise<readonly FaceAttributes[]>;
}
