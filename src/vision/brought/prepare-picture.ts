import type { Box } from '../../shared/geometry.ts';
import type { Pyramid } from '../align/raster.ts';
import { squeezeImage } from '../align/squeeze.ts';
import { PLAIN_RGB } from '../align/warp.ts';
import type { BroughtInput } from './class-map.ts';

/** A picture as a brought model takes it, and the way back. */
export interface PreparedPicture {
  /** In the model's layout and range. */
  readonly data: Float32Array;
  readonly dims: readonly [number, number, number, number];
  /** A box in pixels of the input as ratios of the picture, cut at its borders. */
  toPicture(box: { x0: number; y0: number; x1: number; y1: number }): Box;
}

/** Prepares a whole upright picture. */
export function preparePicture(picture: Pyramid, input: BroughtInput): PreparedPicture {
  const { width, height } = input;
  const scale = Math.min(width / picture.width, height / picture.height);
  const [wide, high] =
    input.fit === 'squeeze'
      ? [width, height]
      : [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))];
  const left = Math.floor((width - wide) / 2);
  const top = Math.floor((height - high) / 2);
  const pixels = squeezeImage(picture, wide, high, PLAIN_RGB);

  const plane = width * height;
  const data = new Float32Array(plane * 3);
  for (let channel = 0; channel < 3; channel++) {
    const mean = input.mean[channel] ?? 0;
    const std = input.std[channel] ?? 1;
    const source = input.channels === 'RGB' ? channel : 2 - channel;
    const place = (x: number, y: number): number =>
      input.layout === 'NCHW' ? channel * plane + y * width + x : (y * width + x) * 3 + channel;
    const free = (input.padding / 255 - mean) / std;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inside = x >= left && x < left + wide && y >= top && y < top + high;
        const value = inside ? (pixels[((y - top) * wide + (x - left)) * 3 + source] ?? 0) : undefined;
        data[place(x, y)] = value === undefined ? free : (value / 255 - mean) / std;
      }
    }
  }
  const ratio = (value: number, from: number, size: number): number => Math.min(1, Math.max(0, (value - from) / size));
  return {
    data,
    dims: input.layout === 'NCHW' ? [1, 3, height, width] : [1, height, width, 3],
    toPicture({ x0, y0, x1, y1 }) {
      const [a, b] = [ratio(x0, left, wide), ratio(y0, top, high)];
      return { left: a, top: b, width: ratio(x1, left, wide) - a, height: ratio(y1, top, high) - b };
    },
  };
}
