import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SQUARES, tinySface } from '../../../tests/builders/sface-pack.ts';
import { pyramidOf } from '../align/raster.ts';
import { fivePoints } from '../landmarks/landmarks.ts';
import { type Net, openNet } from '../sessions/net.ts';
import { SFACE_CHIP } from './chips.ts';
import { sfaceTemplates } from './sface.ts';

const NEVER = new AbortController().signal;
const SIDE = 112;
/** ArcFace's points: the image-left eye, the image-right eye, the nose, the corners of the mouth. */
const TEMPLATE = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
] as const;

/** A mesh whose five points are ArcFace's, enlarged and moved. */
function meshAt(scale: number, dx: number, dy: number): Float32Array {
  const mesh = new Float32Array(468 * 3);
  const put = (i: number, [x, y]: readonly [number, number]) => mesh.set([x * scale + dx, y * scale + dy, 0], 3 * i);
  // Every point of the image's left half stands on the left eye, so that the mean over an eye's ring is its centre.
  const left = new Set([33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246]);
  for (let i = 0; i < 468; i++) put(i, left.has(i) ? TEMPLATE[0] : TEMPLATE[1]);
  put(1, TEMPLATE[2]);
  put(61, TEMPLATE[3]);
  put(291, TEMPLATE[4]);
  return mesh;
}

/** A picture of squares, each of a colour of its own: red by column, green by row, blue the same everywhere. */
function squares(scale: number, dx: number, dy: number) {
  const [width, height] = [SIDE * scale + dx, SIDE * scale + dy];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.max(0, Math.floor((x - dx) / scale / 16));
      const row = Math.max(0, Math.floor((y - dy) / scale / 16));
      data.set([110 + 20 * column, 105 + 10 * row, 240], 3 * (y * width + x));
    }
  }
  return pyramidOf({ width, height, data });
}

describe('a face for SFace', () => {
  let net: Net;
  beforeAll(async () => {
    net = await openNet(tinySface());
  });
  afterAll(() => net.close());

  it('has its five points on those of ArcFace', () => {
    const mesh = meshAt(3, 40, 25);
    const { a, b, tx, ty } = SFACE_CHIP.align(mesh);
    fivePoints(mesh).forEach(({ x, y }, i) => {
      expect(a * x - b * y + tx).toBeCloseTo(TEMPLATE[i]![0], 3);
      expect(b * x + a * y + ty).toBeCloseTo(TEMPLATE[i]![1], 3);
    });
  });

  it('is fed as planes of red, green and blue in 0..255, and its template has unit length', async () => {
    const [template] = await sfaceTemplates(net, squares(1, 0, 0), [meshAt(1, 0, 0)], NEVER);
    const raw = Float32Array.from({ length: 128 }, (_, i) => {
      const [column, row] = [i % SQUARES, Math.floor((i % SQUARES ** 2) / SQUARES)];
      return [10 + 20 * column, 5 + 10 * row, 140][Math.floor(i / SQUARES ** 2)] as number;
    });
    const length = Math.hypot(...raw);
    expect(template).toHaveLength(128);
    template!.forEach((value, i) => {
      expect(value).toBeCloseTo(raw[i]! / length, 4);
    });
    expect(Math.hypot(...template!)).toBeCloseTo(1, 5);
  });

  it('is the same where it lies elsewhere, and larger', async () => {
    const [here] = await sfaceTemplates(net, squares(1, 0, 0), [meshAt(1, 0, 0)], NEVER);
    const two = await sfaceTemplates(net, squares(2, 30, 14), [meshAt(2, 30, 14), meshAt(2, 30, 14)], NEVER);
    expect(two).toHaveLength(2);
    for (const template of two) {
      expect(template.reduce((sum, value, i) => sum + value * here![i]!, 0)).toBeGreaterThan(0.999);
    }
  });
});
