import { sample } from '../align/raster.ts';

/** Side of the picture that colours are read from, pixels. */
export const COLOUR_SIDE = 32;
const LIGHTNESS_BINS = 4;
const CHROMA_BINS = 6;
/** Of a* and b*: beyond it colours are as strong as they get in photos. */
const MOST_CHROMA = 60;
const PIXELS = COLOUR_SIDE * COLOUR_SIDE;

/**
 * Which colours a picture has, as the square roots of a soft histogram in Lab. Where they are is left out: a layout of 4 x 4
 * mean colours beside it found no photo more on the retrieval test, and lost some that were cropped.
 *
 * @param rgb `[32, 32, 3]` RGB 0..255: the whole picture, squeezed
 * @returns 144 values, of length 1
 */
export function coloursOf(rgb: Float32Array): Float32Array {
  const histogram = new Float32Array(LIGHTNESS_BINS * CHROMA_BINS * CHROMA_BINS);
  for (let i = 0; i < PIXELS; i += 1) {
    addSoftly(histogram, labOf(sample(rgb, 3 * i), sample(rgb, 3 * i + 1), sample(rgb, 3 * i + 2)));
  }
  return ofLengthOne(histogram.map(Math.sqrt));
}

/** Scaled to length 1, so that the dot product of two is their cosine; nothing stays nothing. */
export function ofLengthOne(values: Float32Array): Float32Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? values : values.map((value) => value / length);
}

/** sRGB 0..255 as CIE L*a*b* under D65. @source IEC 61966-2-1; CIE 15:2018 */
export function labOf(red: number, green: number, blue: number): readonly [lightness: number, a: number, b: number] {
  const r = linearOf(red);
  const g = linearOf(green);
  const b = linearOf(blue);
  const x = bend((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = bend(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = bend((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function linearOf(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function bend(t: number): number {
  return t > 216 / 24_389 ? Math.cbrt(t) : ((24_389 / 27) * t + 16) / 116;
}

/** Shares a pixel among the eight bins around it, so that a slightly other light changes little. */
function addSoftly(histogram: Float32Array, [lightness, a, b]: readonly [number, number, number]): void {
  const l = softBin(lightness / 100, LIGHTNESS_BINS);
  const u = softBin((a + MOST_CHROMA) / (2 * MOST_CHROMA), CHROMA_BINS);
  const v = softBin((b + MOST_CHROMA) / (2 * MOST_CHROMA), CHROMA_BINS);
  for (const [i, wi] of l) {
    for (const [j, wj] of u) {
      for (const [k, wk] of v) {
        const at = (i * CHROMA_BINS + j) * CHROMA_BINS + k;
        histogram[at] = sample(histogram, at) + (wi * wj * wk) / PIXELS;
      }
    }
  }
}

/** @param share 0..1 of the range */
function softBin(share: number, bins: number): readonly (readonly [bin: number, weight: number])[] {
  const at = Math.min(bins - 1, Math.max(0, share * bins - 0.5));
  const low = Math.floor(at);
  const weight = at - low;
  return weight === 0
    ? [[low, 1]]
    : [
        [low, 1 - weight],
        [low + 1, weight],
      ];
}
