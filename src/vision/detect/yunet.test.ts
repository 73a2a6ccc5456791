import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { type Pyramid, pyramidOf } from '../align/raster.ts';
import { createOnnxGraph } from '../models/onnx-writer.ts';
import type { NetOutput } from '../sessions/net.ts';
import { yunetConfidence } from './confidence.ts';
import { decodeYunet, openYunet, runYunet } from './yunet.ts';

const SIZES = { cls: 1, obj: 1, bbox: 4, kps: 10 } as const;

/** YuNet's outputs for an input of 64 x 32 pixels, with nothing found. */
function emptyMaps(): Record<string, { data: Float32Array; dims: number[] }> {
  return Object.fromEntries(
    [8, 16, 32].flatMap((stride) => {
      const cells = (64 / stride) * (32 / stride);
      return Object.entries(SIZES).map(([name, n]) => [
        `${name}_${stride}`,
        { data: new Float32Array(cells * n), dims: [1, cells, n] },
      ]);
    }),
  );
}

/** A face in cell (2, 1) of stride 16: centre (2.5, 1.25) strides, 1 stride wide and high, eyes level. */
function oneFace(): Record<string, NetOutput> {
  const maps = emptyMaps();
  const cell = 1 * 4 + 2;
  maps.cls_16!.data[cell] = 0.9;
  maps.obj_16!.data[cell] = 0.4;
  maps.bbox_16!.data.set([0.5, 0.25, 0, 0], 4 * cell);
  maps.kps_16!.data.set([0.25, 0, 0.75, 0.5, 0.5, 0.5, 0.25, 1, 0.75, 1], 10 * cell);
  return maps;
}

describe('YuNet', () => {
  it('finds nothing where every cell says so', () => {
    expect(decodeYunet(emptyMaps(), 64, 1, 0.6)).toEqual([]);
  });

  it('counts from the origin of the cell, in strides, and takes the geometric mean of its two scores', () => {
    const [face, ...others] = decodeYunet(oneFace(), 64, 1, 0.59);
    expect(others).toEqual([]);
    expect(face!.score).toBeCloseTo(0.6, 6);
    expect(face!.box).toEqual({ x0: 32, y0: 12, x1: 48, y1: 28 });
    expect(face!.points[0]).toEqual({ x: 36, y: 16 });
    expect(face!.points[4]).toEqual({ x: 44, y: 32 });
    expect(face!.roll).toBeCloseTo(Math.PI / 4, 6);
  });

  it('gives image pixels where the input was scaled', () => {
    const [face] = decodeYunet(oneFace(), 64, 0.5, 0.59);
    expect(face!.box.x1 - face!.box.x0).toBeCloseTo(32, 6);
    expect((face!.box.x0 + face!.box.x1) / 2).toBeCloseTo(80.5, 6);
  });

  it('leaves out what is below the score', () => {
    expect(decodeYunet(oneFace(), 64, 1, 0.61)).toEqual([]);
  });

  it('feeds BGR 0..255 in planes, image at the top left, for a size that the file does not name', async () => {
    // a net of YuNet's signature: the class map of stride 32 is what the corner's blue, green and red are, over 255
    const graph = createOnnxGraph('tiny');
    const input = graph.input('input', [1, 3, 32, 32]);
    const pooled = graph.node('AveragePool', [input], { kernel_shape: [32, 32], strides: [32, 32] });
    const weighed = graph.node('Conv', [pooled, graph.floats([1 / 255, 0, 0], [1, 3, 1, 1])], {});
    const cells = (value: string, n: number) => graph.node('Reshape', [value, graph.ints([1, -1, n])]);
    const blue = cells(weighed, 1);
    const none = graph.node('Mul', [blue, graph.scalar(0)]);
    const wide = (n: number) => graph.node('Expand', [none, graph.ints([1, 1, n])]);
    for (const stride of [8, 16, 32]) {
      graph.node('Identity', [stride === 32 ? blue : none], {}, `cls_${stride}`);
      graph.node('Identity', [stride === 32 ? blue : none], {}, `obj_${stride}`);
      graph.node('Identity', [wide(4)], {}, `bbox_${stride}`);
      graph.node('Identity', [wide(10)], {}, `kps_${stride}`);
      for (const [name, n] of Object.entries(SIZES)) graph.output(`${name}_${stride}`, [1, 1, n]);
    }
    const net = await openYunet(graph.serialise());
    const colour = (rgb: readonly number[]): Pyramid =>
      pyramidOf({ width: 64, height: 32, data: Uint8Array.from({ length: 64 * 32 * 3 }, (_, i) => rgb[i % 3]!) });
    try {
      const blueFaces = await runYunet(net, colour([0, 0, 255]), 1, 0.6);
      expect(blueFaces.map(({ box }) => box)).toEqual([
        { x0: -16, y0: -16, x1: 16, y1: 16 },
        { x0: 16, y0: -16, x1: 48, y1: 16 },
      ]);
      expect(await runYunet(net, colour([255, 255, 0]), 1, 0.6)).toEqual([]);
    } finally {
      await net.close();
    }
  });

  const file = join(packageRoot(), '..', 'shared', 'data', 'models', 'face_detection_yunet_2023mar.onnx');
  it.skipIf(!existsSync(file))('opens the published file for any size (skipped: ../shared is absent)', async () => {
    const bytes = readFileSync(file);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4',
    );
    const net = await openYunet(bytes);
    const { cls_8 } = await net.run(new Float32Array(3 * 64 * 96), [1, 3, 64, 96]);
    expect(cls_8?.dims).toEqual([1, 96, 1]);
    await net.close();
  });
});

describe('the confidence of YuNet', () => {
  it('grows with the score, and is never certain', () => {
    expect(yunetConfidence(0.6, 1)).toBeLessThan(yunetConfidence(0.8, 1));
    expect(yunetConfidence(0.6, 1)).toBeCloseTo(95, 0);
    expect(yunetConfidence(0.9, 1)).toBeCloseTo(99.5, 1);
    expect(yunetConfidence(1, 1)).toBeLessThan(100);
  });
});
