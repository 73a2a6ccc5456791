import type { Box } from '../../shared/geometry.ts';
import { type Pyramid, sample } from '../align/raster.ts';
import { cutChip, PLAIN_RGB, scaleImage } from '../align/warp.ts';
import { dominantColours } from './dominant-colours.ts';
import type { DominantColour, ImageLook, LookOfArea } from './port.ts';

/** Longer side of what colours are counted on, pixels. */
const COLOUR_SIDE = 96;
/** The same for one object. */
const INSTANCE_SIDE = 48;
/** Longer side of what brightness, contrast and sharpness are measured on, so that they mean the same in every size. */
const QUALITY_SIDE = 512;
/** The middle of a picture in which nothing was found, where photographers put what they show: half its width and height. */
const MIDDLE: Box = { left: 0.25, top: 0.25, width: 0.5, height: 0.5 };
/** Deviation of a picture that is half black and half white. */
const MAX_DEVIATION = 127.5;
/** |Laplacian| of which 98 of 100 pixels have less, at which a picture is half sharp; see `sharpnessOf`. */
const HALF_SHARP = 60;
/** The strongest that a 4-neighbour Laplacian of 0..255 can be. */
const MAX_EDGE = 1020;

interface Samples {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]` RGB 0..255. */
  readonly data: Float32Array;
}

/**
 * Tells colours and quality of an image, its foreground and its background.
 *
 * @param objects boxes of what is in the foreground, ratios; the middle of the picture where there is none
 * @param most colours of each part at most
 */
export function lookOf(image: Pyramid, objects: readonly Box[], most: number): ImageLook {
  const colours = samplesOf(image, COLOUR_SIDE);
  const quality = samplesOf(image, QUALITY_SIDE);
  const luma = lumaOf(quality.data);
  const boxes = objects.length > 0 ? objects : [MIDDLE];
  const inFront = { colours: maskOf(colours, boxes), quality: maskOf(quality, boxes) };

  const look = (side: 0 | 1 | undefined): LookOfArea | undefined => {
    const pixels = pick(colours.data, inFront.colours, side);
    const measured = measure(luma, quality.width, inFront.quality, side);
    return measured && { colours: dominantColours(pixels, most), quality: measured };
  };
  const [whole, foreground, background] = [look(undefined), look(1), look(0)];
  if (whole === undefined) throw new Error('an image without pixels');
  return { image: whole, ...(foreground && { foreground }), ...(background && { background }) };
}

/** Colours within a box of an image, as {@link lookOf} tells them of all of it. */
export function coloursWithin(image: Pyramid, box: Box, most: number): DominantColour[] {
  const [across, down] = [box.width * image.width, box.height * image.height];
  const scale = Math.min(1, INSTANCE_SIDE / Math.max(across, down, 1));
  const width = Math.max(1, Math.round(across * scale));
  const height = Math.max(1, Math.round(down * scale));
  const pixels = new Float32Array(width * height * 3);
  // a point p of the image lies at p * scale + (scale - 1) / 2 of one that is scaled
  const shift = (start: number): number => (scale - 1) / 2 - start * scale;
  const transform = { a: scale, b: 0, tx: shift(box.left * image.width), ty: shift(box.top * image.height) };
  cutChip(image, transform, width, height, PLAIN_RGB, pixels);
  return dominantColours(pixels, most);
}

function samplesOf(image: Pyramid, side: number): Samples {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  return { width, height, data: scaleImage(image, scale, width, height, PLAIN_RGB) };
}

/** 1 for each pixel whose centre lies in one of the boxes; a box that holds none gets the nearest. */
function maskOf({ width, height }: Samples, boxes: readonly Box[]): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (const box of boxes) {
    const x0 = clamp(Math.round(box.left * width), width - 1);
    const y0 = clamp(Math.round(box.top * height), height - 1);
    const x1 = Math.max(x0 + 1, clamp(Math.round((box.left + box.width) * width), width));
    const y1 = Math.max(y0 + 1, clamp(Math.round((box.top + box.height) * height), height));
    for (let y = y0; y < y1; y++) mask.fill(1, y * width + x0, y * width + x1);
  }
  return mask;
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** The pixels of one side of a mask; all of them without one. */
function pick(data: Float32Array, mask: Uint8Array, side: 0 | 1 | undefined): Float32Array {
  if (side === undefined) return data;
  const picked = new Float32Array(data.length);
  let length = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== side) continue;
    picked.set(data.subarray(3 * i, 3 * i + 3), length);
    length += 3;
  }
  return picked.subarray(0, length);
}

/** BT.601's luma, 0..255: sharp's greyscale gives 50 for pure red. */
function lumaOf(rgb: Float32Array): Float32Array {
  const luma = new Float32Array(rgb.length / 3);
  for (let i = 0, k = 0; k < luma.length; i += 3, k++)
    luma[k] = 0.299 * sample(rgb, i) + 0.587 * sample(rgb, i + 1) + 0.114 * sample(rgb, i + 2);
  return luma;
}

/** Brightness, contrast and sharpness of one side of a mask, or of all; undefined where it has no pixel. */
function measure(
  luma: Float32Array,
  width: number,
  mask: Uint8Array,
  side: 0 | 1 | undefined,
): LookOfArea['quality'] | undefined {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < luma.length; i++) {
    if (side !== undefined && mask[i] !== side) continue;
    const value = sample(luma, i);
    count++;
    sum += value;
    squares += value * value;
  }
  if (count === 0) return undefined;
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  return {
    brightness: (100 * mean) / 255,
    contrast: Math.min(100, (100 * deviation) / MAX_DEVIATION),
    sharpness: sharpnessOf(luma, width, mask, side),
  };
}

/** 0..100: how strong the strongest edges are, those that 2 of 100 pixels lie on, so that a plain sky does not count. */
function sharpnessOf(luma: Float32Array, width: number, mask: Uint8Array, side: 0 | 1 | undefined): number {
  const height = luma.length / width;
  const counts = new Uint32Array(MAX_EDGE + 1);
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      if (side !== undefined && mask[i] !== side) continue;
      const around = sample(luma, i - 1) + sample(luma, i + 1) + sample(luma, i - width) + sample(luma, i + width);
      const bin = Math.min(MAX_EDGE, Math.round(Math.abs(around - 4 * sample(luma, i))));
      counts[bin] = (counts[bin] as number) + 1;
      count++;
    }
  }
  let below = 0;
  let strongest = 0;
  while (strongest < MAX_EDGE && below + (counts[strongest] as number) < 0.98 * count) {
    below += counts[strongest] as number;
    strongest++;
  }
  return 100 * (1 - 2 ** (-strongest / HALF_SHARP));
}
