import type { Pyramid, Raster } from '../align/raster.ts';

/**
 * Turns `[H, W, 3]` into the `[3, H, W]` of nets from PyTorch, each channel normalised.
 *
 * @param mean,deviation by channel, in the units of `pixels`
 */
export function toPlanes(
  pixels: Float32Array,
  mean: readonly [number, number, number],
  deviation: readonly [number, number, number],
): Float32Array {
  const size = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let channel = 0; channel < 3; channel++) {
    const [shift, gain] = [mean[channel] as number, 1 / (deviation[channel] as number)];
    for (let i = 0; i < size; i++) planes[channel * size + i] = ((pixels[3 * i + channel] as number) - shift) * gain;
  }
  return planes;
}

/** Weights of the source pixels that a target pixel is made of. */
interface Tap {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Stretches an image to a square without keeping its proportions, as models that were trained so are fed: every pixel
 * is the mean of what it covers under a triangle, so that shrinking does not alias.
 *
 * @returns `[side, side, 3]` RGB 0..255
 */
export function stretchImage(image: Pyramid, side: number): Float32Array {
  // Halve only while both sides stay at least twice as long as wanted: the rest is the triangle's to do.
  let level = 0;
  while (level + 1 < image.levels && Math.min(image.width, image.height) >> (level + 1) >= 2 * side) level++;
  const source = image.level(level);
  const across = tapsOf(source.width, side);
  const rows = rowsOf(source, across, side);
  const out = new Float32Array(side * side * 3);
  tapsOf(source.height, side).forEach(({ first, weights }, y) => {
    const to = y * side * 3;
    weights.forEach((weight, k) => {
      const from = (first + k) * side * 3;
      for (let i = 0; i < side * 3; i++) out[to + i] = (out[to + i] as number) + weight * (rows[from + i] as number);
    });
  });
  return out;
}

/** The image stretched across only: `[source.height, side, 3]`. */
function rowsOf({ data, width, height }: Raster, across: readonly Tap[], side: number): Float32Array {
  const rows = new Float32Array(height * side * 3);
  for (let y = 0; y < height; y++) {
    across.forEach(({ first, weights }, x) => {
      const to = (y * side + x) * 3;
      weights.forEach((weight, k) => {
        const from = (y * width + first + k) * 3;
        for (let c = 0; c < 3; c++) rows[to + c] = (rows[to + c] as number) + weight * (data[from + c] as number);
      });
    });
  }
  return rows;
}

function tapsOf(from: number, to: number): Tap[] {
  const ratio = from / to;
  const reach = Math.max(1, ratio);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * ratio;
    const first = Math.max(0, Math.floor(centre - reach));
    const last = Math.min(from - 1, Math.ceil(centre + reach) - 1);
    const raw: number[] = [];
    for (let j = first; j <= last; j++) raw.push(Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}
