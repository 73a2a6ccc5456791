import type { SideLimits } from '../media/index.ts';
import type { Box, Point } from '../shared/geometry.ts';

/** An image file's bytes as the caller sent or stored them: untrusted, not yet decoded. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** Bounds of the operation's own for the image's sides, in place of the server's. */
  readonly sides?: SideLimits;
}

/** The attributes of a face that may be asked for beside box, landmarks, pose and quality. */
export type FaceAttribute =
  | 'ageRange'
  | 'beard'
  | 'emotions'
  | 'eyeDirection'
  | 'eyeglasses'
  | 'eyesOpen'
  | 'gender'
  | 'mouthOpen'
  | 'mustache'
  | 'smile'
  | 'sunglasses';

/** A yes-or-no answer with its confidence in that answer, 50..100. */
export interface Judgement<T = boolean> {
  readonly value: T;
  readonly confidence: number;
}

/** Emotions that a model here can tell apart; CONFUSED and UNKNOWN have no model and do not exist. */
export type EmotionName = 'HAPPY' | 'SAD' | 'ANGRY' | 'DISGUSTED' | 'SURPRISED' | 'CALM' | 'FEAR';

/** What was asked for and could be told; a field that could not is left out. */
export interface FaceAttributes {
  readonly ageRange?: { readonly low: number; readonly high: number };
  readonly beard?: Judgement;
  /** Every emotion's confidence 0..100, highest first, summing to 100. */
  readonly emotions?: readonly { readonly type: EmotionName; readonly confidence: number }[];
  /** Degrees: yaw right of the image positive, pitch up positive. */
  readonly eyeDirection?: { readonly yaw: number; readonly pitch: number; readonly confidence: number };
  readonly eyeglasses?: Judgement;
  readonly eyesOpen?: Judgement;
  readonly gender?: Judgement<'Male' | 'Female'>;
  readonly mouthOpen?: Judgement;
  readonly mustache?: Judgement;
  readonly smile?: Judgement;
  readonly sunglasses?: Judgement;
}

/** Rekognition's landmark names, read off the mesh. */
export type LandmarkName =
  | 'eyeLeft'
  | 'eyeRight'
  | 'nose'
  | 'mouthLeft'
  | 'mouthRight'
  | 'leftEyeBrowLeft'
  | 'leftEyeBrowRight'
  | 'leftEyeBrowUp'
  | 'rightEyeBrowLeft'
  | 'rightEyeBrowRight'
  | 'rightEyeBrowUp'
  | 'leftEyeLeft'
  | 'leftEyeRight'
  | 'leftEyeUp'
  | 'leftEyeDown'
  | 'rightEyeLeft'
  | 'rightEyeRight'
  | 'rightEyeUp'
  | 'rightEyeDown'
  | 'noseLeft'
  | 'noseRight'
  | 'mouthUp'
  | 'mouthDown'
  | 'leftPupil'
  | 'rightPupil'
  | 'upperJawlineLeft'
  | 'midJawlineLeft'
  | 'chinBottom'
  | 'midJawlineRight'
  | 'upperJawlineRight';

/** One face found in an image, without anything that identifies its owner. */
export interface FaceObservation {
  readonly box: Box;
  /** 0..100: how sure the detector is that this is a face. */
  readonly confidence: number;
  /** The five first (eyeLeft, eyeRight, mouthLeft, mouthRight, nose), then the other 25. */
  readonly landmarks: readonly (Point & { readonly type: LandmarkName })[];
  /** Degrees, -180..180. */
  readonly pose: { readonly roll: number; readonly yaw: number; readonly pitch: number };
  /** 0..100 each. */
  readonly quality: { readonly brightness: number; readonly sharpness: number };
  readonly attributes: FaceAttributes;
}

/** Why a face was left out of indexing or searching; Rekognition's names. */
export type RejectionReason =
  | 'EXCEEDS_MAX_FACES'
  | 'EXTREME_POSE'
  | 'LOW_BRIGHTNESS'
  | 'LOW_SHARPNESS'
  | 'LOW_CONFIDENCE'
  | 'SMALL_BOUNDING_BOX'
  | 'LOW_FACE_QUALITY';

/** How strict measured quality must be; NONE takes everything, AUTO is the default of IndexFaces. */
export type QualityFilter = 'NONE' | 'AUTO' | 'LOW' | 'MEDIUM' | 'HIGH';

/** A face's template: a vector of the profile's dimensions whose plain dot product with another is the score. Never logged, never printed. */
export type FaceTemplate = Float32Array;

/** A face that was embedded. */
export interface EmbeddedFace extends FaceObservation {
  readonly template: FaceTemplate;
}

/** A face that was found but not embedded, with the reasons. */
export interface RejectedFace extends FaceObservation {
  readonly reasons: readonly RejectionReason[];
}

/** The upright image's size in pixels and what was found, largest box first. */
export interface DetectedFaces {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly FaceObservation[];
}

/** The upright image's size in pixels, the embedded faces and the rejected, each largest box first. */
export interface EmbeddedFaces {
  readonly width: number;
  readonly height: number;
  readonly accepted: readonly EmbeddedFace[];
  readonly rejected: readonly RejectedFace[];
}

export interface DetectFacesOptions {
  /** At most this many, the largest; 1..100. */
  readonly maxFaces: number;
  readonly attributes: ReadonlySet<FaceAttribute>;
}

export interface EmbedFacesOptions {
  /** Embeds for collections of this model version; see {@link FaceModels.current}. */
  readonly modelVersion: string;
  /** `all` finds up to 100 faces; `largest` finds only the largest, by the quick way. */
  readonly find: 'all' | 'largest';
  /** At most this many are embedded; the rest is rejected with EXCEEDS_MAX_FACES. */
  readonly maxFaces: number;
  /** Who is dropped first above maxFaces: `best` drops the lowest quality and then the smallest (IndexFaces), `largest` drops the smallest. */
  readonly keep: 'best' | 'largest';
  readonly qualityFilter: QualityFilter;
  readonly attributes: ReadonlySet<FaceAttribute>;
}

/** Finds and describes faces; cannot tell who they are. */
export interface FaceDetector {
  /**
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   * @throws {DOMException} AbortError when the signal fires
   */
  detect(image: EncodedImage, options: DetectFacesOptions, signal: AbortSignal): Promise<DetectedFaces>;
}

/** Finds faces and computes their templates. */
export interface FaceEmbedder {
  /**
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   * @throws {UnknownFaceModelError} when the model version is not one of this server's
   * @throws {DOMException} AbortError when the signal fires
   */
  embed(image: EncodedImage, options: EmbedFacesOptions, signal: AbortSignal): Promise<EmbeddedFaces>;
}

/** Cuts faces out of images, for human eyes: a reviewer's. */
export interface FaceCropper {
  /**
   * @param options.boxes the faces as they were found, ratios of the upright image
   * @returns a JPEG of 192 x 192 pixels for each, in their order: upright, without metadata
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   * @throws {DOMException} AbortError when the signal fires
   */
  crop(
    image: EncodedImage,
    options: { readonly boxes: readonly Box[] },
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]>;
}

/** The calibration of one model version: a fitted, monotone map between score and similarity. */
export interface FaceCalibration {
  readonly modelVersion: string;
  /** Length of a template. */
  readonly dimensions: number;
  /** Similarity 0..100 of a score (dot product of two templates): 80 means a false-match rate of 1 in 10,000, 90 of 1 in 100,000, 99 of 1 in a million. */
  similarityOf(score: number): number;
  /** The lowest score whose similarity reaches this; -Infinity for 0. */
  scoreOf(similarity: number): number;
}

/** Which face models this server knows: data only, reaches no model. */
export interface FaceModels {
  /** The model version that new collections get. */
  readonly current: string;
  /** Those whose templates can be compared here. */
  readonly versions: readonly string[];
  /**
   * @throws {UnknownFaceModelError}
   * @throws {PackMissingError | UncalibratedFaceModelError} for the model of a pack
   */
  calibration(modelVersion: string): FaceCalibration;
}
