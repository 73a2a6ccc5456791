/** A rectangle as ratios of the upright image's width and height, origin top left; may reach beyond 0..1 at the borders. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A point as ratios of the upright image's width and height, origin top left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Share of the union that two rectangles have in common, 0..1. */
export function boxOverlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}
