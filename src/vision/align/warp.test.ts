import { describe, expect, it } from 'vitest';
import { halve, pyramidOf, type Raster } from './raster.ts';
import { cutChip, mirrorChip, type PixelFormat, PLAIN_RGB, scaleImage } from './warp.ts';

/** Red grows with x, green with y, blue is constant, so that every sample tells where it was read. */
function gradient(width: number, height: number, step = 1): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x * step, y * step, 77], (y * width + x) * 3);
  }
  return { width, height, data };
}

const IDENTITY = { a: 1, b: 0, tx: 0, ty: 0 };
const BGR: PixelFormat = { order: 'bgr', mean: [100, 10, 1], scale: 0.5, outside: 0 };

describe('a chip', () => {
  it('is the image itself under the identity', () => {
    const image = gradient(32, 24, 5);
    const out = new Float32Array(32 * 24 * 3);
    cutChip(pyramidOf(image), IDENTITY, 32, 24, PLAIN_RGB, out);
    expect([...out]).toEqual([...image.data]);
  });

  it('interpolates between pixels', () => {
    const out = new Float32Array(3);
    cutChip(pyramidOf(gradient(32, 32, 4)), { ...IDENTITY, tx: -10.25, ty: -3.5 }, 1, 1, PLAIN_RGB, out);
    expect(out[0]).toBeCloseTo(41, 4);
    expect(out[1]).toBeCloseTo(14, 4);
    expect(out[2]).toBeCloseTo(77, 4);
  });

  it('reads the same places from smaller levels when it shrinks a lot', () => {
    const scale = 1 / 8;
    const out = new Float32Array(20 * 20 * 3);
    cutChip(pyramidOf(gradient(200, 200)), { a: scale, b: 0, tx: 0, ty: 0 }, 20, 20, PLAIN_RGB, out);
    for (const [x, y] of [
      [4, 4],
      [10, 7],
      [19, 12],
    ] as const) {
      expect(Math.abs(out[(y * 20 + x) * 3]! - x * 8)).toBeLessThan(1);
      expect(Math.abs(out[(y * 20 + x) * 3 + 1]! - y * 8)).toBeLessThan(1);
    }
  });

  it('is written as the net wants it: order, mean and scale', () => {
    const out = new Float32Array(3);
    cutChip(pyramidOf(gradient(32, 32, 4)), { ...IDENTITY, tx: -5, ty: -6 }, 1, 1, BGR, out);
    expect([...out]).toEqual([(77 - 100) / 2, (24 - 10) / 2, (20 - 1) / 2]);
  });

  it('holds the fill value, normalised, where the image ends', () => {
    const out = new Float32Array(3);
    cutChip(pyramidOf(gradient(32, 32)), { ...IDENTITY, tx: 100 }, 1, 1, BGR, out);
    expect([...out]).toEqual([-50, -5, -0.5]);
  });

  it('mirrors left and right within the batch', () => {
    const chips = new Float32Array(2 * 2 * 3 * 3);
    chips.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    mirrorChip(chips, 0, 18, 3, 2);
    expect([...chips.subarray(18)]).toEqual([7, 8, 9, 4, 5, 6, 1, 2, 3, 16, 17, 18, 13, 14, 15, 10, 11, 12]);
  });
});

describe('a scaled image', () => {
  it('covers its share of the input and leaves the rest to the fill value', () => {
    const out = scaleImage(pyramidOf(gradient(32, 16, 4)), 0.75, 32, 32, { ...PLAIN_RGB, outside: 127.5 });
    const at = (x: number, y: number) => [...out.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)];
    const [red, green, blue] = at(12, 6) as [number, number, number];
    expect(red).toBeCloseTo((12.5 / 0.75 - 0.5) * 4, 3);
    expect(green).toBeCloseTo((6.5 / 0.75 - 0.5) * 4, 3);
    expect(blue).toBeCloseTo(77, 3);
    expect(at(24, 3)).toEqual([127.5, 127.5, 127.5]);
    expect(at(3, 12)).toEqual([127.5, 127.5, 127.5]);
  });

  it('agrees with a chip of the same scale away from the borders', () => {
    const image = pyramidOf(gradient(100, 80, 2));
    const scaled = scaleImage(image, 1.5, 150, 120, PLAIN_RGB);
    const chip = new Float32Array(150 * 120 * 3);
    cutChip(image, { a: 1.5, b: 0, tx: 0.25, ty: 0.25 }, 150, 120, PLAIN_RGB, chip);
    const middle = (60 * 150 + 70) * 3;
    expect(scaled[middle]).toBeCloseTo(chip[middle]!, 3);
    expect(scaled[middle + 1]).toBeCloseTo(chip[middle + 1]!, 3);
  });
});

describe('a pyramid', () => {
  it('averages 2x2 pixels and drops an odd row and column', () => {
    const { width, height, data } = halve(gradient(5, 3, 10));
    expect([width, height]).toEqual([2, 1]);
    expect([...data]).toEqual([5, 5, 77, 25, 5, 77]);
  });

  it('stops before a side falls below 16 pixels', () => {
    const pyramid = pyramidOf(gradient(100, 70));
    expect(pyramid.levels).toBe(3);
    expect(pyramid.level(9)).toMatchObject({ width: 25, height: 17 });
  });
});
