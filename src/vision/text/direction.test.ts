import { describe, expect, it } from 'vitest';
import type { Net } from '../sessions/net.ts';
import { probablyUpsideDown } from './direction.ts';
import { lineHeight } from './straighten.ts';

/** A net that answers with the mean brightness of what it is shown, 0..1, and keeps it. */
function brightness(): { net: Net; shown: number[] } {
  const shown: number[] = [];
  const net: Net = {
    run: async (planes) => {
      const mean = (planes.reduce((sum, value) => sum + value, 0) / planes.length + 1) / 2;
      shown.push(mean);
      return { 'softmax_0.tmp_0': { data: Float32Array.of(1 - mean, mean), dims: [1, 2] } };
    },
    close: async () => {},
  };
  return { net, shown };
}

/** A crop whose columns are as bright as told. */
function crop(width: number, of: (column: number) => number): Uint8Array {
  const pixels = new Uint8Array(lineHeight * width * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = of(Math.floor(i / 3) % width);
  return pixels;
}

describe('the direction of a line', () => {
  it('is looked for in the whole of a short one, with grey beside it', async () => {
    const { net, shown } = brightness();
    expect(
      await probablyUpsideDown(
        net,
        crop(96, () => 255),
        96,
      ),
    ).toBeCloseTo(0.75, 2);
    expect(shown).toHaveLength(1);
  });

  it('is the mean of the beginning and the end of a long one', async () => {
    const { net, shown } = brightness();
    const width = 1200;
    const bright = (column: number): number => (column < 288 ? 255 : column >= width - 288 ? 51 : 102);
    expect(await probablyUpsideDown(net, crop(width, bright), width)).toBeCloseTo((1 + 0.2) / 2, 2);
    expect(shown.map((mean) => Number(mean.toFixed(1)))).toEqual([1, 0.2]);
  });
});
