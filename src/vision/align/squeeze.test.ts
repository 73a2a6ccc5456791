import { describe, expect, it } from 'vitest';
import { pyramidOf, type Raster } from './raster.ts';
import { squeezeImage } from './squeeze.ts';
import { PLAIN_RGB } from './warp.ts';

/** A picture whose red is 10 times the column, green 10 times the row, blue 7. */
const ramp = (width: number, height: number): Raster => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, k = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      data[k++] = x * 10;
      data[k++] = y * 10;
      data[k++] = 7;
    }
  return { width, height, data };
};

describe('squeezing an image', () => {
  it('leaves one of the right size as it is', () => {
    const image = ramp(4, 3);
    expect([...squeezeImage(pyramidOf(image), 4, 3, PLAIN_RGB)]).toEqual([...image.data]);
  });

  it('averages each axis by itself', () => {
    const squeezed = squeezeImage(pyramidOf(ramp(6, 4)), 2, 1, PLAIN_RGB);
    const [red, green, blue, nextRed] = squeezed;
    expect(red).toBeCloseTo(10, 4);
    expect(green).toBeCloseTo(15, 4);
    expect(blue).toBeCloseTo(7, 4);
    expect(nextRed).toBeCloseTo(40, 4);
  });

  it('keeps the brightness of what it shrinks, by levels of the pyramid too', () => {
    const width = 700;
    const data = new Uint8Array(width * 100 * 3).map((_, i) => (Math.floor(i / 3) % 2) * 200);
    for (const value of squeezeImage(pyramidOf({ width, height: 100, data }), 24, 24, PLAIN_RGB))
      expect(Math.abs(value - 100)).toBeLessThan(5);
  });

  it('enlarges between neighbours', () => {
    const squeezed = squeezeImage(pyramidOf(ramp(2, 1)), 4, 2, PLAIN_RGB);
    expect([0, 3, 6, 9].map((i) => squeezed[i])).toEqual([0, 2.5, 7.5, 10]);
  });

  it("writes the net's own order and range", () => {
    const format = { order: 'bgr', mean: [1, 2, 3], scale: 0.5, outside: 0 } as const;
    const [blue, green, red] = squeezeImage(pyramidOf(ramp(1, 1)), 1, 1, format);
    expect([blue, green, red]).toEqual([3, -1, -1.5]);
  });
});
