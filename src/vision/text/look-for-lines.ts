import type { Pyramid } from '../align/raster.ts';
import { PLAIN_RGB, scaleImage } from '../align/warp.ts';
import { type Net, outputOf } from '../sessions/net.ts';
import { linesIn, type MappedLine } from './find-lines.ts';
import { type PlaneFormat, toPlanes } from './planes.ts';
import type { TurnedRectangle } from './rectangles.ts';

/** ImageNet's means and deviations in 0..255, over blue, green and red: the order that the net was trained with. */
const mapPlanes: PlaneFormat = { mean: [123.675, 116.28, 103.53], divisor: [58.395, 57.12, 57.375] };
/** The net halves its input five times. */
const MULTIPLE = 32;
/** What the image does not fill. */
const OUTSIDE = 127;

/** Longest side at the first look, pixels of the map: a page of 40 lines is whole at 640, and 960 takes 0.3 s. */
const FIRST_SIDE = 960;
/** Small images are enlarged to about this, at most so many times. */
const LEAST_SIDE = 640;
const MOST_ENLARGED = 3;
/** Longest side at the second, closer look. */
const CLOSER_SIDE = 1920;
/** A closer look is worth its time where the image has this much more to show ... */
const CLOSER_FROM = 1.3;
/** ... and lines are lower than this at the first, pixels of the map: below, letters run together. */
const SMALL_LINE = 16;
/** Share of such lines that is enough. */
const SMALL_SHARE = 0.25;

/** Finds the lines of text in an image, as rectangles in pixels of level 0, most certain places first or not. */
export async function lookForLines(net: Net, pyramid: Pyramid, signal: AbortSignal): Promise<TurnedRectangle[]> {
  const side = Math.max(pyramid.width, pyramid.height);
  const scale = side > FIRST_SIDE ? FIRST_SIDE / side : Math.min(MOST_ENLARGED, Math.max(1, LEAST_SIDE / side));
  const first = await linesAt(net, pyramid, scale);
  const small = first.filter((line) => lowness(line) * scale < SMALL_LINE);
  const closer = Math.min(1, CLOSER_SIDE / side);
  if (closer < CLOSER_FROM * scale || small.length < SMALL_SHARE * first.length || small.length === 0) return first;
  signal.throwIfAborted();
  const large = first.filter((line) => !small.includes(line));
  const again = await linesAt(net, pyramid, closer);
  return [...large, ...again.filter((line) => !large.some((known) => holds(known, line)))];
}

async function linesAt(net: Net, pyramid: Pyramid, scale: number): Promise<TurnedRectangle[]> {
  const up = (pixels: number): number => Math.max(MULTIPLE, Math.ceil((pixels * scale) / MULTIPLE) * MULTIPLE);
  const width = up(pyramid.width);
  const height = up(pyramid.height);
  const seen = scaleImage(pyramid, scale, width, height, { ...PLAIN_RGB, outside: OUTSIDE });
  const outputs = await net.run(toPlanes(seen, mapPlanes), [1, 3, height, width]);
  return linesIn({ width, height, values: outputOf(outputs, 'sigmoid_0.tmp_0') }).map((line) => inImage(line, scale));
}

function inImage({ rectangle }: MappedLine, scale: number): TurnedRectangle {
  const { centre, along, length, height } = rectangle;
  return {
    centre: { x: centre.x / scale, y: centre.y / scale },
    along,
    length: length / scale,
    height: height / scale,
  };
}

function lowness({ length, height }: TurnedRectangle): number {
  return Math.min(length, height);
}

/** Whether the middle of a line lies in another. */
function holds({ centre, along, length, height }: TurnedRectangle, line: TurnedRectangle): boolean {
  const dx = line.centre.x - centre.x;
  const dy = line.centre.y - centre.y;
  const u = dx * along.x + dy * along.y;
  const v = dy * along.x - dx * along.y;
  return Math.abs(u) < length / 2 && Math.abs(v) < height / 2;
}
