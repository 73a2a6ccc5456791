import { rowScaler } from './pixel-kernel.ts';
import { type Pyramid, px, sample } from './raster.ts';
import { invert, type Similarity, scaleOf } from './similarity.ts';

/** How a net wants its pixels: order of the channels, then (value - mean) * scale per channel of that order. */
export interface PixelFormat {
  readonly order: 'rgb' | 'bgr';
  readonly mean: readonly [number, number, number];
  readonly scale: number;
  /** Raw value 0..255 of what lies outside the image. */
  readonly outside: number;
}

/** RGB 0..255 as it is, black outside. */
export const PLAIN_RGB: PixelFormat = { order: 'rgb', mean: [0, 0, 0], scale: 1, outside: 0 };

/** What is added to red, green and blue after scaling. */
export function offsetsOf({ order, mean, scale }: PixelFormat): readonly [red: number, green: number, blue: number] {
  const [first, green, last] = mean;
  return order === 'rgb'
    ? [-first * scale, -green * scale, -last * scale]
    : [-last * scale, -green * scale, -first * scale];
}

/** Below this many chip pixels per image pixel the next smaller level of the pyramid is read: bilinear sampling alone would alias. */
const SHRINK_BELOW = 0.55;

/**
 * Cuts a chip out of an image: samples bilinearly along the transform and writes it in the net's pixel format.
 *
 * @param transform maps pixels of level 0 onto pixels of the chip
 * @param out receives `[height, width, 3]` from `offset` on
 */
export function cutChip(
  pyramid: Pyramid,
  transform: Similarity,
  width: number,
  height: number,
  format: PixelFormat,
  out: Float32Array,
  offset = 0,
): void {
  let level = 0;
  let m = transform;
  for (let s = scaleOf(m); s < SHRINK_BELOW && level + 1 < pyramid.levels; s *= 2) {
    // pixel i of the half-size level lies at 2i + 0.5
    m = { a: m.a * 2, b: m.b * 2, tx: m.tx + 0.5 * (m.a - m.b), ty: m.ty + 0.5 * (m.b + m.a) };
    level++;
  }
  const { data, width: w, height: h } = pyramid.level(level);
  const q = invert(m);
  const scale = format.scale;
  const red = format.order === 'rgb' ? 0 : 2;
  const blue = 2 - red;
  const [addRed, addGreen, addBlue] = offsetsOf(format);
  const outside = format.outside;
  const stride = w * 3;
  let k = offset;
  for (let y = 0; y < height; y++) {
    let sx = -q.b * y + q.tx;
    let sy = q.a * y + q.ty;
    for (let x = 0; x < width; x++, k += 3, sx += q.a, sy += q.b) {
      const x0 = Math.floor(sx);
      const y0 = Math.floor(sy);
      if (x0 < -1 || y0 < -1 || x0 >= w || y0 >= h) {
        out[k + red] = outside * scale + addRed;
        out[k + 1] = outside * scale + addGreen;
        out[k + blue] = outside * scale + addBlue;
        continue;
      }
      const fx = sx - x0;
      const fy = sy - y0;
      const left = x0 < 0 ? 0 : x0 * 3;
      const right = x0 + 1 >= w ? stride - 3 : x0 * 3 + 3;
      const above = y0 < 0 ? 0 : y0 * stride;
      const below = y0 + 1 >= h ? (h - 1) * stride : (y0 + 1) * stride;
      const i = above + left;
      const j = above + right;
      const n = below + left;
      const o = below + right;
      const c = (1 - fx) * (1 - fy) * scale;
      const d = fx * (1 - fy) * scale;
      const e = (1 - fx) * fy * scale;
      const f = fx * fy * scale;
      out[k + red] = px(data, i) * c + px(data, j) * d + px(data, n) * e + px(data, o) * f + addRed;
      out[k + 1] = px(data, i + 1) * c + px(data, j + 1) * d + px(data, n + 1) * e + px(data, o + 1) * f + addGreen;
      out[k + blue] = px(data, i + 2) * c + px(data, j + 2) * d + px(data, n + 2) * e + px(data, o + 2) * f + addBlue;
    }
  }
}

/** Writes the mirror image of a chip `[height, width, 3]` that lies at `offset` to `target` in the same array. */
export function mirrorChip(chips: Float32Array, offset: number, target: number, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    let i = offset + y * width * 3;
    let k = target + ((y + 1) * width - 1) * 3;
    for (let x = 0; x < width; x++, i += 3, k -= 3) {
      chips[k] = sample(chips, i);
      chips[k + 1] = sample(chips, i + 1);
      chips[k + 2] = sample(chips, i + 2);
    }
  }
}

/**
 * Scales an upright image for a detector's input, bilinearly, from the nearest level of the pyramid.
 *
 * @param scale input pixels per pixel of level 0; a point p of level 0 lies at p * scale + (scale - 1) / 2
 * @param width of the input; what the image doesn't cover is filled with `format.outside`
 * @returns `[height, width, 3]`
 */
export function scaleImage(
  pyramid: Pyramid,
  scale: number,
  width: number,
  height: number,
  format: PixelFormat,
): Float32Array {
  let level = 0;
  let k = scale;
  while (k < SHRINK_BELOW && level + 1 < pyramid.levels) {
    k *= 2;
    level++;
  }
  const { data, width: w, height: h } = pyramid.level(level);
  const covered = Math.min(width, Math.round(w * k));
  const rows = Math.min(height, Math.round(h * k));
  const red = format.order === 'rgb' ? 0 : 2;
  const blue = 2 - red;
  const { scale: gain, outside } = format;
  const [addRed, addGreen, addBlue] = offsetsOf(format);
  const out = new Float32Array(width * height * 3);
  const blank = (from: number, to: number): void => {
    for (let i = from * 3; i < to * 3; i += 3) {
      out[i + red] = outside * gain + addRed;
      out[i + 1] = outside * gain + addGreen;
      out[i + blue] = outside * gain + addBlue;
    }
  };
  if (covered < width) for (let y = 0; y < rows; y++) blank(y * width + covered, (y + 1) * width);
  blank(rows * width, height * width);
  // the columns' source positions are the same in every row
  const lefts = new Int32Array(covered);
  const rights = new Int32Array(covered);
  const weights = new Float32Array(covered);
  for (let x = 0; x < covered; x++) {
    const sx = Math.max(0, (x + 0.5) / k - 0.5);
    const x0 = Math.min(w - 1, Math.floor(sx));
    lefts[x] = x0 * 3;
    rights[x] = Math.min(w - 1, x0 + 1) * 3;
    weights[x] = sx - x0;
  }
  const reversed = format.order === 'bgr';
  const add = reversed ? ([addBlue, addGreen, addRed] as const) : ([addRed, addGreen, addBlue] as const);
  const scaler = rowScaler({ data, width: w }, { lefts, rights, weights }, { gain, add, reversed });
  for (let y = 0; y < rows; y++) {
    const sy = Math.max(0, (y + 0.5) / k - 0.5);
    const y0 = Math.min(h - 1, Math.floor(sy));
    scaler.write(y0, Math.min(h - 1, y0 + 1), sy - y0, out, y * width * 3);
  }
  return out;
}

/** `[height, width, 3]` as `[3, height, width]`. */
export function planesOf(pixels: Float32Array): Float32Array {
  const size = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let i = 0, k = 0; i < size; i++, k += 3) {
    planes[i] = pixels[k] as number;
    planes[size + i] = pixels[k + 1] as number;
    planes[2 * size + i] = pixels[k + 2] as number;
  }
  return planes;
}
