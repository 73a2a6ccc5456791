import { describe, expect, it } from 'vitest';
import { assembleKernel } from '../../../scripts/build-kernel.ts';
import { seededRandom } from '../../../tests/stores/builders.ts';
import { kernelBase64 } from './kernel.ts';
import { halvePixels } from './pixel-kernel.ts';
import { pyramidOf } from './raster.ts';
import { type PixelFormat, scaleImage } from './warp.ts';

const random = seededRandom(12);
const picture = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)),
});

describe('kernel.ts', () => {
  it('is kernel.wat', async () => {
    expect(Buffer.from(kernelBase64, 'base64').equals(Buffer.from(await assembleKernel('vision/align')))).toBe(true);
  });
});

describe('halving', () => {
  // Odd sides, single pixels, and more rows than are halved at a time.
  it.each([
    [2, 2],
    [3, 5],
    [5, 2],
    [17, 9],
    [64, 33],
    [331, 257],
    [3001, 90],
  ])('averages each 2 x 2 of %i x %i pixels', (width, height) => {
    const { data } = picture(width, height);
    const half = halvePixels(data, width, height);
    const at = (x: number, y: number, channel: number): number => data[(y * width + x) * 3 + channel] as number;
    const expected = [];
    for (let y = 0; y < height >> 1; y++) {
      for (let x = 0; x < width >> 1; x++) {
        for (const channel of [0, 1, 2]) {
          const [u, v] = [2 * x, 2 * y];
          expected.push(
            (at(u, v, channel) + at(u + 1, v, channel) + at(u, v + 1, channel) + at(u + 1, v + 1, channel) + 2) >> 2,
          );
        }
      }
    }
    expect(Buffer.from(half).equals(Buffer.from(expected))).toBe(true);
  });
});

describe('scaling', () => {
  const formats: readonly PixelFormat[] = [
    { order: 'rgb', mean: [127.5, 127.5, 127.5], scale: 1 / 127.5, outside: 0 },
    { order: 'bgr', mean: [103.9, 116.8, 123.7], scale: 1, outside: 40 },
  ];
  const cases = [
    { width: 40, height: 30, scale: 1.5, to: [64, 64] },
    { width: 41, height: 37, scale: 0.7, to: [32, 32] },
    { width: 1, height: 20, scale: 2, to: [5, 41] },
    { width: 33, height: 1, scale: 0.9, to: [20, 3] },
  ] as const;

  it.each(cases)(
    'of $width x $height by $scale blends the four neighbours of each pixel',
    ({ width, height, scale, to }) => {
      const image = picture(width, height);
      for (const format of formats) {
        const out = scaleImage(pyramidOf(image), scale, to[0], to[1], format);
        const [covered, rows] = [
          Math.min(to[0], Math.round(width * scale)),
          Math.min(to[1], Math.round(height * scale)),
        ];
        const expected = (x: number, y: number, channel: number): number => {
          const colour = format.order === 'rgb' ? channel : 2 - channel;
          const mean = format.mean[channel] as number;
          if (x >= covered || y >= rows) return (format.outside - mean) * format.scale;
          const [sx, sy] = [Math.max(0, (x + 0.5) / scale - 0.5), Math.max(0, (y + 0.5) / scale - 0.5)];
          const [x0, y0] = [Math.min(width - 1, Math.floor(sx)), Math.min(height - 1, Math.floor(sy))];
          const at = (u: number, v: number): number =>
            image.data[(Math.min(height - 1, v) * width + Math.min(width - 1, u)) * 3 + colour] as number;
          const line = (v: number): number => at(x0, v) * (1 - (sx - x0)) + at(x0 + 1, v) * (sx - x0);
          return (line(y0) * (1 - (sy - y0)) + line(y0 + 1) * (sy - y0) - mean) * format.scale;
        };
        let worst = 0;
        for (let y = 0; y < to[1]; y++) {
          for (let x = 0; x < to[0]; x++) {
            for (const channel of [0, 1, 2]) {
              const difference = Math.abs((out[(y * to[0] + x) * 3 + channel] as number) - expected(x, y, channel));
              worst = Math.max(worst, difference / format.scale);
            }
          }
        }
        expect(worst).toBeLessThan(1e-3);
      }
    },
  );

  it('leaves nothing of one picture in the next', () => {
    const [one, other] = [picture(300, 200), picture(50, 40)];
    const format = formats[0] as PixelFormat;
    const alone = scaleImage(pyramidOf(other), 1.2, 64, 64, format);
    scaleImage(pyramidOf(one), 1.2, 384, 256, format);
    halvePixels(one.data, one.width, one.height);
    expect(scaleImage(pyramidOf(other), 1.2, 64, 64, format)).toEqual(alone);
  });
});
