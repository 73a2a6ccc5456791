import type { Point } from '../../shared/geometry.ts';
import { convexHull, grow, smallestRectangle, type TurnedRectangle } from './rectangles.ts';

/** What the detector says of every pixel: the probability that it is inside a line of text. */
export interface TextMap {
  readonly width: number;
  readonly height: number;
  /** `[height, width]`, 0..1. */
  readonly values: Float32Array;
}

/** A line that the map shows, in the map's pixels. */
export interface MappedLine {
  readonly rectangle: TurnedRectangle;
  /** Mean probability of its pixels, 0..1. */
  readonly score: number;
}

/** The detector's own thresholds. @source PaddleOCR, DBPostProcess; the box score is measured best at 0.5 */
const PIXEL_ABOVE = 0.3;
const SCORE_ABOVE = 0.5;
const UNCLIP_RATIO = 1.6;
/** Smaller ones are specks, map pixels. */
const LEAST_AREA = 8;
const LEAST_SIDE = 3;
/** An image of noise has thousands of specks; the lines of any page are fewer. */
const MOST_LINES = 2000;

/**
 * Finds the lines in a detector's map: what hangs together above a threshold, as the smallest rectangle around it,
 * grown to the text's true extent. Takes time and memory in proportion to the map, whatever it holds.
 */
export function linesIn(map: TextMap): MappedLine[] {
  const { width, height, values } = map;
  const seen = new Uint8Array(width * height);
  const stack = new Int32Array(width * height);
  // Left and right end of the component in each row: all that its hull needs.
  const lefts = new Int32Array(height);
  const rights = new Int32Array(height);
  const found: MappedLine[] = [];
  for (let start = 0; start < values.length && found.length < MOST_LINES; start++) {
    if ((values[start] as number) <= PIXEL_ABOVE || seen[start] === 1) continue;
    let top = Math.floor(start / width);
    let bottom = top;
    lefts[top] = width;
    rights[top] = -1;
    let depth = 0;
    stack[depth++] = start;
    seen[start] = 1;
    let area = 0;
    let sum = 0;
    while (depth > 0) {
      const at = stack[--depth] as number;
      const y = Math.floor(at / width);
      const x = at - y * width;
      area++;
      sum += values[at] as number;
      while (y > bottom) {
        bottom++;
        lefts[bottom] = width;
        rights[bottom] = -1;
      }
      while (y < top) {
        top--;
        lefts[top] = width;
        rights[top] = -1;
      }
      if (x < (lefts[y] as number)) lefts[y] = x;
      if (x > (rights[y] as number)) rights[y] = x;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (seen[next] === 1 || (values[next] as number) <= PIXEL_ABOVE) continue;
          seen[next] = 1;
          stack[depth++] = next;
        }
      }
    }
    if (area < LEAST_AREA || sum / area < SCORE_ABOVE) continue;
    const rectangle = smallestRectangle(convexHull(outline(lefts, rights, top, bottom)));
    if (rectangle === undefined || Math.min(rectangle.length, rectangle.height) < LEAST_SIDE) continue;
    found.push({ rectangle: grow(rectangle, UNCLIP_RATIO), score: sum / area });
  }
  return found;
}

/** The outer corners of a component's rows. */
function outline(lefts: Int32Array, rights: Int32Array, top: number, bottom: number): Point[] {
  const points: Point[] = [];
  for (let y = top; y <= bottom; y++) {
    const left = lefts[y] as number;
    const right = (rights[y] as number) + 1;
    points.push({ x: left, y }, { x: right, y }, { x: left, y: y + 1 }, { x: right, y: y + 1 });
  }
  return points;
}
