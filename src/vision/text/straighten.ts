import type { Pyramid } from '../align/raster.ts';
import { cutChip, PLAIN_RGB } from '../align/warp.ts';
import { type TurnedRectangle, turnQuarters } from './rectangles.ts';

/** Height of every crop, pixels: what the nets read. */
export const lineHeight = 48;

/** A rectangle this much higher than wide holds a line that runs up or down. @source PaddleOCR, get_rotate_crop_image */
const STANDING_FROM = 1.5;
const LEAST_WIDTH = 16;
/** A line of 170 times its height: the widest screen in the smallest print. */
const MOST_WIDTH = 8192;

/**
 * Turns rectangles so that each one's direction is that which its line most likely runs in: along its longer side,
 * rightwards or, where that stands upright, downwards. One that is about square runs as most of the others do. Which of
 * its two ends is the beginning is for the direction net to say.
 */
export function alongTheirLines(rectangles: readonly TurnedRectangle[]): TurnedRectangle[] {
  const lying = rectangles.map(rightwards);
  let balance = 0;
  for (const { length, height } of lying) {
    if (height >= STANDING_FROM * length) balance += height;
    else if (length >= STANDING_FROM * height) balance -= length;
  }
  const standingFrom = balance > 0 ? 1 / STANDING_FROM : STANDING_FROM;
  return lying.map((rectangle) =>
    rectangle.height >= standingFrom * rectangle.length ? turnQuarters(rectangle, 1) : rectangle,
  );
}

/** The same rectangle with a direction within 45 degrees of rightwards. */
function rightwards(rectangle: TurnedRectangle): TurnedRectangle {
  let turned = rectangle;
  for (let i = 0; i < 3 && turned.along.x <= Math.abs(turned.along.y); i++) turned = turnQuarters(turned, 1);
  return turned;
}

/**
 * Cuts the line in a rectangle out of its image and lays it straight.
 *
 * @param rectangle pixels of level 0
 * @returns `[lineHeight, width, 3]` RGB 0..255
 */
export function straighten(pyramid: Pyramid, rectangle: TurnedRectangle): { width: number; pixels: Uint8Array } {
  const { centre, along, length, height } = rectangle;
  const scale = lineHeight / height;
  const width = Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, Math.round(length * scale)));
  const a = along.x * scale;
  const b = -along.y * scale;
  const transform = {
    a,
    b,
    tx: (width - 1) / 2 - (a * (centre.x - 0.5) - b * (centre.y - 0.5)),
    ty: (lineHeight - 1) / 2 - (b * (centre.x - 0.5) + a * (centre.y - 0.5)),
  };
  const values = new Float32Array(lineHeight * width * 3);
  cutChip(pyramid, transform, width, lineHeight, PLAIN_RGB, values);
  const pixels = new Uint8Array(values.length);
  // Uint8Array.from with a function takes 60 times as long.
  for (let i = 0; i < pixels.length; i++) pixels[i] = (values[i] as number) + 0.5;
  return { width, pixels };
}

/** Turns a crop by half. */
export function turnByHalf(pixels: Uint8Array): Uint8Array {
  const turned = new Uint8Array(pixels.length);
  for (let from = 0, to = pixels.length - 3; to >= 0; from += 3, to -= 3) {
    turned[to] = pixels[from] as number;
    turned[to + 1] = pixels[from + 1] as number;
    turned[to + 2] = pixels[from + 2] as number;
  }
  return turned;
}
