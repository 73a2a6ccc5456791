import { describe, expect, it } from 'vitest';
import type { Point } from '../../shared/geometry.ts';
import { convexHull, cornersOf, grow, smallestRectangle, type TurnedRectangle, turnQuarters } from './rectangles.ts';

const turned = (degrees: number): TurnedRectangle => ({
  centre: { x: 120, y: 80 },
  along: { x: Math.cos((degrees * Math.PI) / 180), y: Math.sin((degrees * Math.PI) / 180) },
  length: 90,
  height: 14,
});
const near = (a: Point, b: Point): boolean => Math.hypot(a.x - b.x, a.y - b.y) < 1e-6;

describe('the smallest rectangle around points', () => {
  it.each([0, 7, 33, 45, 89, 120, 179])(
    'is the rectangle itself, turned by %s degrees, whatever else lies inside',
    (degrees) => {
      const corners = cornersOf(turned(degrees));
      const inner = cornersOf({ ...turned(degrees), length: 40, height: 5 });
      const found = smallestRectangle(convexHull([...inner, ...corners]));
      expect(Math.max(found?.length ?? 0, found?.height ?? 0)).toBeCloseTo(90, 6);
      expect(Math.min(found?.length ?? 0, found?.height ?? 0)).toBeCloseTo(14, 6);
      for (const corner of found ? cornersOf(found) : [])
        expect(corners.some((other) => near(other, corner))).toBe(true);
    },
  );

  it('needs three points that are no line', () => {
    expect(
      smallestRectangle(
        convexHull([
          { x: 1, y: 1 },
          { x: 2, y: 2 },
        ]),
      ),
    ).toBeUndefined();
    const line = [0, 1, 2, 3].map((x) => ({ x, y: 2 * x }));
    expect(smallestRectangle(convexHull(line))).toBeUndefined();
  });
});

describe('a convex hull', () => {
  it('keeps the corners alone', () => {
    const square = [0, 1, 2, 3, 4].flatMap((x) => [0, 1, 2, 3, 4].map((y) => ({ x, y })));
    expect(convexHull(square)).toHaveLength(4);
  });
});

describe('growing a rectangle', () => {
  it('moves every side by area x ratio / perimeter', () => {
    const grown = grow(turned(30), 1.6);
    const distance = (90 * 14 * 1.6) / (2 * (90 + 14));
    expect(grown.length).toBeCloseTo(90 + 2 * distance, 9);
    expect(grown.height).toBeCloseTo(14 + 2 * distance, 9);
    expect(grown.centre).toEqual(turned(30).centre);
  });

  it('leaves an empty one as it is', () => {
    expect(grow({ ...turned(0), length: 0, height: 0 }, 1.6)).toMatchObject({ length: 0, height: 0 });
  });
});

describe('turning by quarters', () => {
  it('covers the same place, with its corners moved on', () => {
    const corners = cornersOf(turned(20));
    const quarter = cornersOf(turnQuarters(turned(20), 1));
    expect(near(quarter[0], corners[1]) && near(quarter[1], corners[2])).toBe(true);
    for (const [i, corner] of cornersOf(turnQuarters(turned(20), 4)).entries()) {
      expect(near(corner, corners[i] as Point)).toBe(true);
    }
  });
});
