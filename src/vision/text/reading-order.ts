import type { Point } from '../../shared/geometry.ts';
import type { Quad } from './port.ts';

/** Lines whose directions add up to less than this share of their lengths run every which way. */
const LEAST_AGREEMENT = 0.7;

/**
 * Sorts lines as they are read: from the top of the text, those side by side from the left, however the page is turned.
 *
 * @param quadOf ratios of the image
 * @param aspect width of the image by its height
 */
export function inReadingOrder<Line>(lines: readonly Line[], quadOf: (line: Line) => Quad, aspect: number): Line[] {
  const { x: cos, y: sin } = commonDirection(lines.map(quadOf), aspect);
  const placed = lines.map((line) => {
    const turned = quadOf(line).map(({ x, y }) => ({ x: x * aspect * cos + y * sin, y: y * cos - x * aspect * sin }));
    const ys = turned.map(({ y }) => y);
    const top = Math.min(...ys);
    const bottom = Math.max(...ys);
    return { line, top, bottom, middle: (top + bottom) / 2, left: Math.min(...turned.map(({ x }) => x)) };
  });
  placed.sort((a, b) => a.middle - b.middle || a.left - b.left);
  const ordered: Line[] = [];
  let row: typeof placed = [];
  const endRow = (): void => {
    ordered.push(...row.sort((a, b) => a.left - b.left).map(({ line }) => line));
    row = [];
  };
  for (const line of placed) {
    // Against the first of the row alone, so that a slanted column does not become one row.
    const first = row[0];
    if (first !== undefined && (line.middle >= first.bottom || first.middle <= line.top)) endRow();
    row.push(line);
  }
  endRow();
  return ordered;
}

/** The unit vector that most of the text runs along, rightwards where there is none; y by the image's height. */
function commonDirection(quads: readonly Quad[], aspect: number): Point {
  let x = 0;
  let y = 0;
  let total = 0;
  for (const [from, to] of quads) {
    const dx = (to.x - from.x) * aspect;
    const dy = to.y - from.y;
    x += dx;
    y += dy;
    total += Math.hypot(dx, dy);
  }
  const length = Math.hypot(x, y);
  return total > 0 && length >= LEAST_AGREEMENT * total ? { x: x / length, y: y / length } : { x: 1, y: 0 };
}
