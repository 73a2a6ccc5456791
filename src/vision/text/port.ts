import type { Box, Point } from '../../shared/geometry.ts';
import type { EncodedImage } from '../faces.ts';

/** Top left, top right, bottom right, bottom left as the text is read, whichever way it is turned in the image. */
export type Quad = readonly [Point, Point, Point, Point];

/** One word of a line. */
export interface ReadWord {
  readonly text: string;
  /** Share of words with this confidence that were right where it was fitted, 0..100. */
  readonly confidence: number;
  /** Ratios of the upright image. */
  readonly quad: Quad;
}

/** One line of text: its words in reading order, at least one. */
export interface ReadLine {
  /** The words with a space between each two. */
  readonly text: string;
  /** Mean of its words' confidences by their letters, 0..100. */
  readonly confidence: number;
  /** Ratios of the upright image; may reach a little beyond it. */
  readonly quad: Quad;
  readonly words: readonly ReadWord[];
}

/** Where {@link TextTasks.findText} looks. */
export interface FindTextOptions {
  /** Lines that touch none of these boxes are left out; ratios of the upright image. */
  readonly within?: readonly Box[];
}

/** How {@link TextReader.read} reads. */
export interface ReadTextOptions extends FindTextOptions {
  /** Whether the lines read so far, in reading order, are all that is wanted; left out, every line is read. */
  readonly enough?: (lines: readonly ReadLine[]) => boolean;
}

/** Reads the text in images. */
export interface TextReader {
  /** Which nets and rules read, as digits and a dot. */
  readonly modelVersion: string;
  /**
   * @returns lines in reading order: from the top, those side by side from the left
   * @throws {ImageError} for whatever is wrong with the bytes
   * @throws {VisionBusyError | VisionFailedError}
   * @throws an AbortError when the signal fires
   */
  read(image: EncodedImage, options: ReadTextOptions, signal: AbortSignal): Promise<readonly ReadLine[]>;
}

/** A line of text cut out of its image and laid straight, not yet read. */
export interface LineCrop {
  /** Of the whole line, in the direction that the crop shows; ratios of the upright image. */
  readonly quad: Quad;
  /** Pixels. */
  readonly width: number;
  /** `[lineHeight, width, 3]` RGB 0..255. */
  readonly pixels: Uint8Array;
}

/** Where lines of text are in an image, in reading order. */
export interface FoundText {
  /** Width of the upright image by its height. */
  readonly aspect: number;
  readonly lines: readonly LineCrop[];
}

/** One word of a crop: `from` and `to` along the line as it is read, 0 its beginning and 1 its end. */
export interface CropWord {
  readonly text: string;
  readonly confidence: number;
  readonly from: number;
  readonly to: number;
}

/** What stands in a crop; no words where it holds nothing that can be read. */
export interface CropText {
  /** True when the crop shows the line upside down. */
  readonly upsideDown: boolean;
  readonly words: readonly CropWord[];
}

/** The two tasks of workers that a {@link TextReader} is made of. */
export interface TextTasks {
  findText(image: EncodedImage, options: FindTextOptions, signal: AbortSignal): Promise<FoundText>;
  /** @returns what stands in each crop, in their order */
  readLines(lines: readonly LineCrop[], signal: AbortSignal): Promise<readonly CropText[]>;
}
