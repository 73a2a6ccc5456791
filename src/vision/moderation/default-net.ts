import { px, type Raster } from '../align/raster.ts';
import type { ModelStore } from '../models/index.ts';
import { openNet, outputOf } from '../sessions/net.ts';
import type { RawContentType, RawModerationLabel } from './port.ts';
import { defaultModerationNet } from './version.ts';

/** Side of the net's input, pixels. */
const SIDE = 224;

/** Longest side of the decoding that the net is fed from, pixels: about what its training pictures had. */
export const MODERATION_SIDE = 1024;

/** What the net says of a picture: probabilities 0..1 that sum to 1. */
export interface ModerationClasses {
  readonly drawing: number;
  readonly hentai: number;
  readonly neutral: number;
  readonly porn: number;
  readonly sexy: number;
}

/** The net that comes with Likeness, for moderation and for what pictures look alike. */
export interface ModerationNet {
  /** Tells the classes of a whole picture. */
  classify(image: Raster): Promise<ModerationClasses>;
  /**
   * A visual feature of a whole picture: what pictures look alike, whatever they show. It is the net's `feature`
   * output, the global average pool before its classes: 1792 values of 0..6, not of length 1; compare by cosine.
   */
  feature(image: Raster): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens the net.
 *
 * @throws {ModelMissingError | ModelCorruptError | ModelLicenceError}
 */
export async function openModerationNet(models: ModelStore): Promise<ModerationNet> {
  const net = await openNet((await models.load(defaultModerationNet)).bytes);
  const run = (image: Raster) => net.run(inputOf(image), [1, SIDE, SIDE, 3]);
  return {
    async classify(image) {
      const [drawing = 0, hentai = 0, neutral = 0, porn = 0, sexy = 0] = outputOf(await run(image), 'classes');
      return { drawing, hentai, neutral, porn, sexy };
    },
    async feature(image) {
      return outputOf(await run(image), 'feature');
    },
    close: () => net.close(),
  };
}

/**
 * The net's input as its authors' library makes it: the whole picture squeezed to a square, each axis by itself, between
 * the two pixels nearest and without averaging. The net was trained on pictures that were scaled so: averaged ones move
 * its probabilities by 0.07 on close portraits.
 *
 * @returns `[224, 224, 3]` RGB (x-127.5)/127.5
 * @source nsfwjs 4.4.0, infer: resizeBilinear with aligned corners
 */
export function inputOf({ width, height, data }: Raster): Float32Array {
  const out = new Float32Array(SIDE * SIDE * 3);
  const across = (width - 1) / (SIDE - 1);
  const down = (height - 1) / (SIDE - 1);
  for (let y = 0, k = 0; y < SIDE; y++) {
    const above = Math.floor(y * down);
    const fy = y * down - above;
    const row = above * width * 3;
    const nextRow = Math.min(height - 1, above + 1) * width * 3;
    for (let x = 0; x < SIDE; x++) {
      const left = Math.floor(x * across);
      const fx = x * across - left;
      const column = left * 3;
      const nextColumn = Math.min(width - 1, left + 1) * 3;
      for (let channel = 0; channel < 3; channel++, k++) {
        const upper = px(data, row + column + channel) * (1 - fx) + px(data, row + nextColumn + channel) * fx;
        const lower = px(data, nextRow + column + channel) * (1 - fx) + px(data, nextRow + nextColumn + channel) * fx;
        out[k] = (upper * (1 - fy) + lower * fy - 127.5) / 127.5;
      }
    }
  }
  return out;
}

/** The net's classes as labels of the taxonomy. `drawing` and `neutral` say nothing that may be relied on. */
export function labelsOf({ porn, hentai, sexy }: ModerationClasses): {
  readonly labels: readonly RawModerationLabel[];
  readonly contentTypes: readonly RawContentType[];
} {
  return {
    labels: [
      { name: 'Explicit', confidence: percent(porn + hentai) },
      { name: 'Non-Explicit Nudity of Intimate parts and Kissing', confidence: percent(sexy) },
    ],
    contentTypes: [{ name: 'Illustrated', confidence: percent(hentai) }],
  };
}

const percent = (probability: number): number => Math.min(100, Math.max(0, 100 * probability));
