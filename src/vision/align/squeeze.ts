import { type Pyramid, px, type Raster, sample } from './raster.ts';
import { offsetsOf, type PixelFormat } from './warp.ts';

/** What each pixel of a shrunk axis averages: consecutive source pixels with their weights, summing to 1. */
interface Share {
  readonly from: number;
  readonly weights: readonly number[];
}

/** Shares of `size` pixels by `count`: whole and part pixels where it shrinks, two neighbours where it grows. */
function sharesOf(size: number, count: number): readonly Share[] {
  const step = size / count;
  return Array.from({ length: count }, (_, index) => {
    if (step <= 1) {
      const at = Math.min(size - 1, Math.max(0, (index + 0.5) * step - 0.5));
      const from = Math.min(Math.max(0, size - 2), Math.floor(at));
      return size === 1 ? { from, weights: [1] } : { from, weights: [1 - (at - from), at - from] };
    }
    const start = index * step;
    const end = Math.min(size, start + step);
    const from = Math.floor(start);
    const weights = Array.from(
      { length: Math.ceil(end) - from },
      (__, k) => (Math.min(end, from + k + 1) - Math.max(start, from + k)) / step,
    );
    return { from, weights };
  });
}

/** The smallest level that still has as many pixels as the target on both axes. */
function levelFor(pyramid: Pyramid, width: number, height: number): Raster {
  let index = 0;
  while (index + 1 < pyramid.levels && pyramid.width >> (index + 1) >= width && pyramid.height >> (index + 1) >= height)
    index++;
  return pyramid.level(index);
}

/**
 * Squeezes a whole upright image into a net's input without keeping its proportions: each axis is averaged by itself.
 *
 * @returns `[height, width, 3]` in the net's pixel format
 */
export function squeezeImage(pyramid: Pyramid, width: number, height: number, format: PixelFormat): Float32Array {
  const source = levelFor(pyramid, width, height);
  const columns = sharesOf(source.width, width);
  const rows = sharesOf(source.height, height);
  const narrow = new Float32Array(source.height * width * 3);
  for (let y = 0, k = 0; y < source.height; y++) {
    const line = y * source.width * 3;
    for (const { from, weights } of columns) {
      let [red, green, blue] = [0, 0, 0];
      for (let n = 0, i = line + from * 3; n < weights.length; n++, i += 3) {
        const weight = weights[n] as number;
        red += px(source.data, i) * weight;
        green += px(source.data, i + 1) * weight;
        blue += px(source.data, i + 2) * weight;
      }
      narrow[k++] = red;
      narrow[k++] = green;
      narrow[k++] = blue;
    }
  }
  const add = offsetsOf(format);
  const place = format.order === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  const out = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const { from, weights } = rows[y] as Share;
    for (let x = 0; x < width * 3; x++) {
      let value = 0;
      for (let n = 0; n < weights.length; n++)
        value += sample(narrow, (from + n) * width * 3 + x) * (weights[n] as number);
      const channel = x % 3;
      out[y * width * 3 + (x - channel) + (place[channel] as number)] = value * format.scale + (add[channel] as number);
    }
  }
  return out;
}
