import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openTestModels } from '../../../tests/setup/models.ts';
import { createOnnxGraph } from '../models/onnx-writer.ts';
import { COLOUR_SIDE, coloursOf, labOf } from './colour.ts';
import { coverFaces } from './cover-faces.ts';
import type { VisualFeature } from './port.ts';
import { onScale, similarityOf } from './similarity.ts';
import { visualFeatureVersion } from './version.ts';
import { openVisualEngine } from './visual-engine.ts';

const never = new AbortController().signal;
const noPacks = { installed: async () => undefined, load: async () => new Uint8Array() };
const plain = (red: number, green: number, blue: number) =>
  Float32Array.from({ length: COLOUR_SIDE * COLOUR_SIDE * 3 }, (_, i) => [red, green, blue][i % 3] ?? 0);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe('colours', () => {
  it('are those of CIE Lab', () => {
    for (const [rgb, lab] of [
      [
        [255, 255, 255],
        [100, 0, 0],
      ],
      [
        [255, 0, 0],
        [53.2, 80.1, 67.2],
      ],
      [
        [0, 0, 255],
        [32.3, 79.2, -107.9],
      ],
      [
        [119, 119, 119],
        [50, 0, 0],
      ],
    ] as const) {
      for (const [i, value] of labOf(rgb[0], rgb[1], rgb[2]).entries())
        expect(Math.abs(value - lab[i]!)).toBeLessThan(0.5);
    }
  });

  it('have length 1, and are nearer the nearer the colours are', () => {
    const red = coloursOf(plain(200, 30, 30));
    expect(dot(red, red)).toBeCloseTo(1, 5);
    const near = dot(red, coloursOf(plain(190, 40, 35)));
    const far = dot(red, coloursOf(plain(30, 60, 200)));
    expect(near).toBeGreaterThan(0.9);
    expect(far).toBeLessThan(0.2);
  });
});

describe('covered faces', () => {
  const noise = {
    width: 100,
    height: 80,
    data: Uint8Array.from({ length: 100 * 80 * 3 }, (_, i) => (i * 7919) % 251),
  };
  const box = { left: 0.4, top: 0.4, width: 0.2, height: 0.2 };

  it('are of one colour, with hair and chin, and nothing else is touched', () => {
    const covered = coverFaces(noise, [{ box }]);
    const at = (x: number, y: number) => [...covered.data.subarray(3 * (y * 100 + x), 3 * (y * 100 + x) + 3)];
    expect(new Set([at(40, 32), at(50, 40), at(59, 47), at(36, 29)].map(String)).size).toBe(1);
    expect(at(30, 20)).toEqual([...noise.data.subarray(3 * (20 * 100 + 30), 3 * (20 * 100 + 30) + 3)]);
    expect(covered.data).not.toBe(noise.data);
  });

  it('may lie at the edge and beyond', () => {
    expect(() => coverFaces(noise, [{ box: { left: -0.2, top: 0.9, width: 0.5, height: 0.4 } }])).not.toThrow();
    expect(coverFaces(noise, [{ box: { left: 2, top: 2, width: 1, height: 1 } }]).data).toEqual(noise.data);
    expect(coverFaces(noise, [])).toBe(noise);
  });
});

describe('similarity', () => {
  const feature = (version: string, ...content: number[]): VisualFeature => ({
    version,
    content: Float32Array.from(content),
    colours: Float32Array.of(1),
  });

  it('rises with the score from 0 to 100', () => {
    let last = 0;
    for (let score = 0; score <= 1.001; score += 0.01) {
      expect(onScale(score)).toBeGreaterThanOrEqual(last);
      last = onScale(score);
    }
    expect([onScale(-0.2), onScale(1), onScale(1.0001)]).toEqual([0, 100, 100]);
  });

  it('is 100 of a picture with itself, and refuses features of two versions', () => {
    expect(similarityOf(feature('a', 0.6, 0.8), feature('a', 0.6, 0.8))).toBeCloseTo(100, 3);
    expect(similarityOf(feature('a', 1, 0), feature('a', 0, 1))).toBeLessThan(50);
    expect(() => similarityOf(feature('a', 1), feature('b', 1))).toThrow(RangeError);
  });
});

describe('the engine of visual features', () => {
  it('embeds with the concepts pack where it is installed, and then needs no other net', async () => {
    // The documented signature of SigLIP's picture side, with the mean of each channel for a vector.
    const graph = createOnnxGraph('tiny');
    graph.input('pixel_values', [1, 3, 224, 224]);
    graph.node('ReduceMean', ['pixel_values'], { axes: [2, 3], keepdims: 0 }, 'pooler_output');
    graph.output('pooler_output', [1, 3]);
    const net = graph.serialise();
    const packs = {
      installed: async (id: string) => (id === 'concepts' ? { ready: true } : undefined) as never,
      load: async () => net,
    };
    expect(await visualFeatureVersion(packs)).toBe('concepts-1');
    expect(await visualFeatureVersion(noPacks)).toBe('mobilenet-1');
    expect(await visualFeatureVersion({ installed: async () => ({ ready: false }) as never })).toBe('mobilenet-1');
    const engine = await openVisualEngine({
      models: { load: () => Promise.reject(new Error('no other net')) } as never,
      packs,
      faces: { detectIn: async ({ width, height }) => ({ width, height, faces: [] }) },
    });
    const look = async (background: string) =>
      engine.visualFeature(
        {
          bytes: await sharp({ create: { width: 90, height: 90, channels: 3, background } })
            .png()
            .toBuffer(),
        },
        never,
      );
    const [red, blue] = [await look('#ff0000'), await look('#0000ff')];
    await engine.close();
    expect(red.version).toBe('concepts-1');
    for (const [i, value] of [1, -1, -1].entries()) expect(red.content[i]).toBeCloseTo(value / Math.sqrt(3), 3);
    expect(similarityOf(red, red)).toBeCloseTo(100, 3);
    expect(similarityOf(red, blue)).toBe(0);
  });

  it('finds a picture again that was shrunk, mirrored and saved anew, before another', async () => {
    const seen: number[] = [];
    const engine = await openVisualEngine({
      models: await openTestModels(['nsfw-mobilenet']),
      packs: noPacks,
      faces: {
        detectIn: async ({ width, height }) => {
          seen.push(Math.max(width, height));
          return { width, height, faces: [] };
        },
      },
    });
    /** A picture of areas: a colour for each fifth of its width and each fourth of its height. */
    const areas = (colours: (x: number, y: number) => readonly [number, number, number]) => {
      const [width, height] = [1200, 800];
      const data = Buffer.alloc(width * height * 3);
      for (let i = 0; i < width * height; i += 1) {
        const of = colours(Math.floor(((i % width) * 5) / width), Math.floor((i * 4) / width / height));
        data.set(of, 3 * i);
      }
      return sharp(data, { raw: { width, height, channels: 3 } });
    };
    const one = areas((x, y) => (x === 1 && y > 0 ? [240, 200, 10] : y === 3 ? [40, 40, 40] : [60, 160, 120]));
    const other = areas((x, y) => ((x + y) % 2 ? [230, 230, 230] : [120, 40, 150]));
    const look = async (image: Buffer) => engine.visualFeature({ bytes: image }, never);
    const query = await look(await one.clone().png().toBuffer());
    const again = await look(await one.clone().resize(300).flop().jpeg({ quality: 50 }).toBuffer());
    const different = await look(await other.clone().png().toBuffer());
    await engine.close();
    expect(query.content).toHaveLength(1792);
    expect(similarityOf(query, again)).toBeGreaterThan(similarityOf(query, different) + 10);
    expect(Math.max(...seen)).toBeLessThanOrEqual(896);
  });

  it('gives up when the signal fires, and tells images from others', async () => {
    const engine = await openVisualEngine({
      models: await openTestModels(['nsfw-mobilenet']),
      packs: noPacks,
      faces: { detectIn: async ({ width, height }) => ({ width, height, faces: [] }) },
    });
    await expect(engine.visualFeature({ bytes: new Uint8Array(9) }, never)).rejects.toThrow(/no JPEG/);
    await expect(engine.visualFeature({ bytes: new Uint8Array(9) }, AbortSignal.abort())).rejects.toThrow(/abort/i);
    await engine.close();
  });
});
