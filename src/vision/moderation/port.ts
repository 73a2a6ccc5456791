import type { EncodedImage } from '../faces.ts';

/** A label of moderation as a net tells it, without the labels above it. */
export interface RawModerationLabel {
  /** A name of the taxonomy (data/moderation.json), such as `Explicit`. */
  readonly name: string;
  /** 0..100. */
  readonly confidence: number;
}

/** What kind of image it is. */
export interface RawContentType {
  /** A name of the taxonomy's content types, such as `Illustrated`. */
  readonly name: string;
  /** 0..100. */
  readonly confidence: number;
}

/** What a look at an image found. */
export interface ModerationFindings {
  /** Every label that the nets can tell and their confidence, each name once, low ones too. */
  readonly labels: readonly RawModerationLabel[];
  readonly contentTypes: readonly RawContentType[];
  /** Digits and dots: which nets looked. */
  readonly modelVersion: string;
}

/** Says whether an image shows what people may not want to see; cannot tell who is in it. */
export interface ModerationDetector {
  /**
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   * @throws {DOMException} AbortError when the signal fires
   */
  moderate(image: EncodedImage, signal: AbortSignal): Promise<ModerationFindings>;
}
