import type { PixelPoint } from '../measured-face.ts';

/** A similarity transform: x' = a x - b y + tx, y' = b x + a y + ty. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/**
 * Fits the similarity (rotation, uniform scale, shift; no mirroring) that maps `from` onto `to` with least squares.
 *
 * @source S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991
 * @throws {RangeError} when there are fewer than two points or they coincide
 */
export function fitSimilarity(from: readonly PixelPoint[], to: readonly PixelPoint[]): Similarity {
  const n = Math.min(from.length, to.length);
  let mx = 0;
  let my = 0;
  let ux = 0;
  let uy = 0;
  for (let i = 0; i < n; i++) {
    const p = from[i] as PixelPoint;
    const q = to[i] as PixelPoint;
    mx += p.x / n;
    my += p.y / n;
    ux += q.x / n;
    uy += q.y / n;
  }
  let spread = 0;
  let a = 0;
  let b = 0;
  for (let i = 0; i < n; i++) {
    const p = from[i] as PixelPoint;
    const q = to[i] as PixelPoint;
    const x = p.x - mx;
    const y = p.y - my;
    const u = q.x - ux;
    const v = q.y - uy;
    spread += x * x + y * y;
    a += x * u + y * v;
    b += x * v - y * u;
  }
  if (n < 2 || !(spread > 0)) throw new RangeError('a similarity needs two points that differ');
  a /= spread;
  b /= spread;
  return { a, b, tx: ux - a * mx + b * my, ty: uy - b * mx - a * my };
}

/** The transform that undoes this one. */
export function invert({ a, b, tx, ty }: Similarity): Similarity {
  const s = a * a + b * b;
  return { a: a / s, b: -b / s, tx: -(a * tx + b * ty) / s, ty: (b * tx - a * ty) / s };
}

/** Maps one point. */
export function mapPoint({ a, b, tx, ty }: Similarity, { x, y }: PixelPoint): PixelPoint {
  return { x: a * x - b * y + tx, y: b * x + a * y + ty };
}

/** Pixels of the target per pixel of the source. */
export function scaleOf({ a, b }: Similarity): number {
  return Math.hypot(a, b);
}

/**
 * Maps a turned square of the image onto a chip of `size` pixels: its centre to the chip's centre, its side to `size`.
 *
 * @param roll radians the square is turned clockwise in the image; the chip comes out upright
 */
export function squareToChip(centre: PixelPoint, side: number, roll: number, size: number): Similarity {
  const k = size / side;
  const a = Math.cos(roll) * k;
  const b = -Math.sin(roll) * k;
  return { a, b, tx: size / 2 - (a * centre.x - b * centre.y), ty: size / 2 - (b * centre.x + a * centre.y) };
}
