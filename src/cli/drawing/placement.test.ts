import { describe, expect, it } from 'vitest';
import { flowCaptions, overlap, type PlacementWish, placeCaptions } from './placement.ts';

const picture = { width: 640, height: 480 };
const wish = (left: number, top: number, size = 40): PlacementWish => ({
  anchor: { left, top, width: size, height: size },
  width: 90,
  height: 20,
});

describe('placing captions', () => {
  it('puts a caption above what it is about', () => {
    expect(placeCaptions([wish(100, 100)], picture)).toEqual([{ left: 100, top: 80, width: 90, height: 20 }]);
  });

  it('keeps captions of anything in the picture, also where the anchor leaves it', () => {
    const wishes = [wish(-30, -30), wish(630, 470), wish(630, -10), wish(-5, 479), wish(0, 0, 900)];
    const placed = placeCaptions(wishes, picture);
    expect(placed.every((place) => place !== undefined)).toBe(true);
    for (const { left, top, width, height } of placed.filter((place) => place !== undefined)) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(left + width).toBeLessThanOrEqual(picture.width);
      expect(top + height).toBeLessThanOrEqual(picture.height);
    }
  });

  it('lets none overlap, however many sit in one place', () => {
    const placed = placeCaptions(
      Array.from({ length: 60 }, (_, at) => wish(300 + at, 200)),
      picture,
    ).filter((place) => place !== undefined);
    expect(placed.length).toBeGreaterThan(30);
    for (const [index, a] of placed.entries()) {
      for (const b of placed.slice(index + 1)) expect(overlap(a, b)).toBe(false);
    }
  });

  it('tells where there is no place', () => {
    const placed = placeCaptions([wish(0, 0), wish(0, 0)], { width: 90, height: 30 });
    expect(placed[0]).toBeDefined();
    expect(placed[1]).toBeUndefined();
    expect(placeCaptions([wish(0, 0)], { width: 80, height: 480 })).toEqual([undefined]);
  });
});

describe('a list of captions', () => {
  it('flows into lines no wider than the page', () => {
    const { places, height } = flowCaptions(
      Array.from({ length: 7 }, () => ({ width: 100, height: 20 })),
      { width: 250, gap: 10 },
    );
    expect(places.map(({ left }) => left)).toEqual([10, 120, 10, 120, 10, 120, 10]);
    expect(height).toBe(4 * 30 + 10);
  });

  it('takes no room when it is empty', () => {
    expect(flowCaptions([], { width: 250, gap: 10 })).toEqual({ places: [], height: 0 });
  });
});
