import type { Box } from '../../shared/geometry.ts';
import type { EncodedImage, FaceAttribute } from '../faces.ts';

/** One object that a label was seen at. */
export interface LabelInstance {
  /** Ratios of the upright image, within it. */
  readonly box: Box;
  /** 0..100, calibrated. */
  readonly confidence: number;
  /** Colours within the box, most pixels first; told only where colours were asked for. */
  readonly colours?: readonly DominantColour[];
}

/** A label as one source saw it, before the label table adds its ancestors. */
export interface RawLabel {
  /** A name of the label table (data/labels.json), such as `Traffic Light`. */
  readonly name: string;
  /** 0..100, calibrated: of 100 labels told with 80, about 80 are right. */
  readonly confidence: number;
  /** The objects, surest first; empty for what is no countable object, such as a scene. */
  readonly instances: readonly LabelInstance[];
  /** The id of the source that saw it. */
  readonly source: string;
}

/** A colour that many pixels are near to. */
export interface DominantColour {
  /** 0..255 each, sRGB. */
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  /** 0..100: of the pixels that were looked at. */
  readonly pixelPercent: number;
}

/** How a part of an image looks. */
export interface LookOfArea {
  /** Most pixels first. */
  readonly colours: readonly DominantColour[];
  /** 0..100 each. */
  readonly quality: { readonly brightness: number; readonly sharpness: number; readonly contrast: number };
}

/** Colours and quality of an image and of its two parts; a part of no pixels is left out. */
export interface ImageLook {
  readonly image: LookOfArea;
  readonly foreground?: LookOfArea;
  readonly background?: LookOfArea;
}

/** A source that looked at an image. */
export interface LabelSourceVersion {
  readonly id: string;
  readonly version: string;
}

/** What was seen in an image. */
export interface DetectedLabels {
  /** Size of the upright image, pixels. */
  readonly width: number;
  readonly height: number;
  /** By source, as each saw them; a name may come from several. */
  readonly labels: readonly RawLabel[];
  /** The sources that were asked. */
  readonly sources: readonly LabelSourceVersion[];
  /** Told where it was asked for. */
  readonly look?: ImageLook;
}

export interface DetectLabelsOptions {
  /** Names that are of use to the caller; sources that tell none of them do not look. Every name when left out. */
  readonly wanted?: ReadonlySet<string>;
  /** Labels below it are left out; 0..100. */
  readonly minConfidence: number;
  /** What may be told of faces as a label. */
  readonly attributes: ReadonlySet<FaceAttribute>;
  /** Tells colours and quality, at most this many colours of each part, 0..20; not told when left out. */
  readonly colours?: number;
}

/** Says what an image shows; cannot tell who. */
export interface LabelDetector {
  /**
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   * @throws {DOMException} AbortError when the signal fires
   */
  detectLabels(image: EncodedImage, options: DetectLabelsOptions, signal: AbortSignal): Promise<DetectedLabels>;
}

/** Which labels a source can return. */
export interface LabelCoverage {
  /** Such as `nanodet`, or `moderation` for a source of DetectModerationLabels. */
  readonly source: string;
  readonly version: string;
  /** The operation that answers them. */
  readonly operation: 'DetectLabels' | 'DetectModerationLabels';
  /** Sorted, without the ancestors that the label table adds. */
  readonly labels: readonly string[];
  /** What people might expect of it and it cannot tell, in plain words. */
  readonly notCovered: string;
}
