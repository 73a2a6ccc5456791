import type { Box, Point } from './geometry.ts';

/** The smallest upright box around points. */
export function boxAround(points: readonly Point[]): Box {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const left = Math.min(...xs);
  const top = Math.min(...ys);
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

/** The corners of a box, clockwise on the screen from its top left. */
export function cornersOfBox({ left, top, width, height }: Box): [Point, Point, Point, Point] {
  const right = left + width;
  const bottom = top + height;
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

/** Whether a point lies in a polygon, of which no more is asked than its corners in order: even-odd rule. */
export function holdsPoint(polygon: readonly Point[], { x, y }: Point): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[i] as Point;
    const b = polygon[j] as Point;
    if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
  }
  return inside;
}

/** Samples along each side of {@link shareWithin}: half is half to 1 in 64. */
const SAMPLES = 64;

/**
 * The share of a four-sided shape that lies in at least one of some polygons, 0..1.
 *
 * Counted at evenly spaced places, because the union of any polygons has no simple area.
 *
 * @param quad its corners in order
 */
export function shareWithin(
  [a, b, c, d]: readonly [Point, Point, Point, Point],
  polygons: readonly (readonly Point[])[],
): number {
  let within = 0;
  for (let row = 0; row < SAMPLES; row++) {
    const v = (row + 0.5) / SAMPLES;
    for (let column = 0; column < SAMPLES; column++) {
      const u = (column + 0.5) / SAMPLES;
      const point = {
        x: (1 - v) * ((1 - u) * a.x + u * b.x) + v * ((1 - u) * d.x + u * c.x),
        y: (1 - v) * ((1 - u) * a.y + u * b.y) + v * ((1 - u) * d.y + u * c.y),
      };
      if (polygons.some((polygon) => holdsPoint(polygon, point))) within++;
    }
  }
  return within / (SAMPLES * SAMPLES);
}
