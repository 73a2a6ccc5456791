import type { Point } from '../../shared/geometry.ts';

/** A rectangle turned by any angle, in pixels. */
export interface TurnedRectangle {
  readonly centre: Point;
  /** Unit vector along which `length` is measured; `height` is measured across it, clockwise from it on the screen. */
  readonly along: Point;
  readonly length: number;
  readonly height: number;
}

/** A point across a direction: clockwise on the screen, where y points down. */
export function across({ x, y }: Point): Point {
  return { x: -y, y: x };
}

/** The smallest convex polygon around points, without those on its edges. @source A. M. Andrew's monotone chain, 1979 */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of ordered) {
      while (chain.length > 1 && turn(chain[chain.length - 2], chain[chain.length - 1], point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function turn(from: Point | undefined, over: Point | undefined, to: Point): number {
  if (from === undefined || over === undefined) return 0;
  return (over.x - from.x) * (to.y - from.y) - (over.y - from.y) * (to.x - from.x);
}

/**
 * The rectangle of least area around a convex polygon; one of its sides lies on a side of the polygon.
 *
 * @source H. Freeman and R. Shapira, "Determining the minimum-area encasing rectangle", 1975
 * @returns undefined for fewer than three points
 */
export function smallestRectangle(hull: readonly Point[]): TurnedRectangle | undefined {
  let best: TurnedRectangle | undefined;
  if (hull.length < 3) return best;
  for (let i = 0; i < hull.length; i++) {
    const a = hull[i] as Point;
    const b = hull[(i + 1) % hull.length] as Point;
    const side = Math.hypot(b.x - a.x, b.y - a.y);
    if (side === 0) continue;
    const candidate = rectangleAlong(hull, { x: (b.x - a.x) / side, y: (b.y - a.y) / side });
    if (best === undefined || candidate.length * candidate.height < best.length * best.height - 1e-6) best = candidate;
  }
  return best;
}

/** The smallest rectangle around points with one side in a given direction. */
export function rectangleAlong(points: readonly Point[], along: Point): TurnedRectangle {
  const down = across(along);
  let fromU = Number.POSITIVE_INFINITY;
  let toU = Number.NEGATIVE_INFINITY;
  let fromV = Number.POSITIVE_INFINITY;
  let toV = Number.NEGATIVE_INFINITY;
  for (const { x, y } of points) {
    const u = x * along.x + y * along.y;
    const v = x * down.x + y * down.y;
    fromU = Math.min(fromU, u);
    toU = Math.max(toU, u);
    fromV = Math.min(fromV, v);
    toV = Math.max(toV, v);
  }
  const u = (fromU + toU) / 2;
  const v = (fromV + toV) / 2;
  const centre = { x: u * along.x + v * down.x, y: u * along.y + v * down.y };
  return { centre, along, length: toU - fromU, height: toV - fromV };
}

/**
 * Moves every side outwards by area x ratio / perimeter, as the detector's training shrank the text it was shown. Of a
 * rectangle the offset polygon is a rectangle again, so that nothing is approximated.
 *
 * @source M. Liao et al., "Real-time scene text detection with differentiable binarization", 2020
 */
export function grow(rectangle: TurnedRectangle, ratio: number): TurnedRectangle {
  const { length, height } = rectangle;
  const distance = length + height > 0 ? (length * height * ratio) / (2 * (length + height)) : 0;
  return { ...rectangle, length: length + 2 * distance, height: height + 2 * distance };
}

/** The same rectangle with its direction turned by this many quarters, clockwise on the screen. */
export function turnQuarters(rectangle: TurnedRectangle, quarters: number): TurnedRectangle {
  let turned = rectangle;
  for (let i = 0; i < ((quarters % 4) + 4) % 4; i++) {
    turned = { centre: turned.centre, along: across(turned.along), length: turned.height, height: turned.length };
  }
  return turned;
}

/** Its corners: top left, top right, bottom right, bottom left as seen along its direction. */
export function cornersOf({ centre, along, length, height }: TurnedRectangle): [Point, Point, Point, Point] {
  const down = across(along);
  const at = (u: number, v: number): Point => ({
    x: centre.x + (u * length * along.x + v * height * down.x) / 2,
    y: centre.y + (u * length * along.y + v * height * down.y) / 2,
  });
  return [at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)];
}
