import { halvePixels } from './pixel-kernel.ts';

/** Pixels in memory: 8-bit RGB, rows from the top, no padding; `decodeImage` of the media room returns one. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]` RGB 0..255. */
  readonly data: Uint8Array;
}

/** A raster and its halvings, made on demand and kept as long as the pyramid lives, so that every crop of a large face reads few pixels. */
export interface Pyramid {
  readonly width: number;
  readonly height: number;
  /** Level 0 is the raster itself, each further level half its width and height; the last is at least 16 pixels a side. */
  level(index: number): Raster;
  /** Number of levels there are. */
  readonly levels: number;
}

const SMALLEST_SIDE = 16;

/**
 * Halves a raster by averaging 2x2 pixels; an odd last row or column is dropped.
 */
export function halve({ data, width, height }: Raster): Raster {
  return { width: width >> 1, height: height >> 1, data: halvePixels(data, width, height) };
}

/** Wraps a raster into a pyramid; nothing is computed until a level is asked for. */
export function pyramidOf(raster: Raster): Pyramid {
  const made: Raster[] = [raster];
  let levels = 1;
  for (let side = Math.min(raster.width, raster.height) >> 1; side >= SMALLEST_SIDE; side >>= 1) levels++;
  return {
    width: raster.width,
    height: raster.height,
    levels,
    level(index) {
      const wanted = Math.max(0, Math.min(levels - 1, index));
      let last = made[made.length - 1] ?? raster;
      while (made.length <= wanted) {
        last = halve(last);
        made.push(last);
      }
      return made[wanted] ?? last;
    },
  };
}

/**
 * Reads pixels where the loop's bounds keep the index inside; the compiler inlines it, and the alternative `?? 0` costs a
 * branch per sample. Of bytes alone: where it has met another kind of array too, every sample is checked for its kind.
 */
export function px(data: Uint8Array, index: number): number {
  return data[index] as number;
}

/** As {@link px}, of floats. */
export function sample(data: Float32Array, index: number): number {
  return data[index] as number;
}
