import { describe, expect, it } from 'vitest';
import { fitSimilarity, invert, mapPoint, type Similarity, scaleOf, squareToChip } from './similarity.ts';

const POINTS = [
  { x: 10, y: 20 },
  { x: 90, y: 25 },
  { x: 50, y: 110 },
];
const TURNED: Similarity = { a: 1.2, b: -0.5, tx: 7, ty: -3 };

describe('a similarity transform', () => {
  it('is found again from the points that it mapped', () => {
    const fitted = fitSimilarity(
      POINTS,
      POINTS.map((p) => mapPoint(TURNED, p)),
    );
    for (const key of ['a', 'b', 'tx', 'ty'] as const) expect(fitted[key]).toBeCloseTo(TURNED[key], 9);
  });

  it('is undone by its inverse', () => {
    const there = mapPoint(TURNED, { x: 33, y: 44 });
    const back = mapPoint(invert(TURNED), there);
    expect(back.x).toBeCloseTo(33, 9);
    expect(back.y).toBeCloseTo(44, 9);
  });

  it('never mirrors, whatever points it is fitted to', () => {
    const mirrored = POINTS.map(({ x, y }) => ({ x: -x, y }));
    const { a, b } = fitSimilarity(POINTS, mirrored);
    expect(a * a + b * b).toBeLessThan(1);
  });

  it('refuses points that all coincide', () => {
    const same = [POINTS[0]!, POINTS[0]!];
    expect(() => fitSimilarity(same, POINTS.slice(0, 2))).toThrow(RangeError);
  });

  it('turns a tilted square upright', () => {
    const roll = Math.PI / 6;
    const chip = squareToChip({ x: 100, y: 50 }, 40, roll, 80);
    expect(scaleOf(chip)).toBeCloseTo(2, 9);
    // a point to the right along the tilt lies straight right of the centre in the chip
    const right = mapPoint(chip, { x: 100 + 10 * Math.cos(roll), y: 50 + 10 * Math.sin(roll) });
    expect(right.x).toBeCloseTo(60, 6);
    expect(right.y).toBeCloseTo(40, 6);
  });
});
