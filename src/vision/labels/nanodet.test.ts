import { beforeAll, describe, expect, it } from 'vitest';
import { readCocoLabels } from '../../shared/label-table.ts';
import { pyramidOf } from '../align/raster.ts';
import type { Net, NetOutput } from '../sessions/net.ts';
import { curveOf } from './calibration.ts';
import { decodeNanodet, labelsOfObjects, runNanodet } from './nanodet.ts';

/** Maps where nothing is likely, and every distance is the mean of ten equal bins. */
function emptyMaps(): Record<string, NetOutput & { data: Float32Array }> {
  return Object.fromEntries(
    [8, 16, 32].map((stride) => {
      const side = 416 / stride;
      const data = new Float32Array(side * side * 124);
      for (let cell = 0; cell < side * side; cell++) data.fill(-9, cell * 124, cell * 124 + 80);
      return [`cells_${stride}`, { data, dims: [1, side, side, 124] }];
    }),
  );
}

/** Writes an object into a map: its class with a logit, and sure distances to its four sides in cells. */
function plant(
  maps: ReturnType<typeof emptyMaps>,
  stride: number,
  [column, row]: readonly [number, number],
  kind: number,
  logit: number,
  distances: readonly [number, number, number, number],
): void {
  const { data } = maps[`cells_${stride}`]!;
  const cell = (row * (416 / stride) + column) * 124;
  data[cell + kind] = logit;
  distances.forEach((cells, side) => {
    data[cell + 80 + side * 11 + cells] = 60;
  });
}

describe('the maps of nanodet', () => {
  it('are read as boxes around the centres of cells', () => {
    const maps = emptyMaps();
    plant(maps, 16, [4, 3], 16, 2, [1, 2, 3, 4]);
    const [dog, ...others] = decodeNanodet(maps, 0.3);
    expect(others).toEqual([]);
    expect(dog?.kind).toBe(16);
    expect(dog?.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 5);
    expect(dog?.box.x0).toBeCloseTo(4 * 16 + 7.5 - 16, 3);
    expect(dog?.box.y0).toBeCloseTo(3 * 16 + 7.5 - 32, 3);
    expect(dog?.box.x1).toBeCloseTo(4 * 16 + 7.5 + 48, 3);
    expect(dog?.box.y1).toBeCloseTo(3 * 16 + 7.5 + 64, 3);
  });

  it('give one box for what several cells saw, and one for each of two objects and of two classes', () => {
    const maps = emptyMaps();
    plant(maps, 8, [10, 10], 2, 1, [4, 4, 4, 4]);
    plant(maps, 8, [11, 10], 2, 2, [4, 4, 4, 4]);
    plant(maps, 8, [40, 40], 2, 0, [3, 3, 3, 3]);
    plant(maps, 16, [5, 5], 7, 0.5, [2, 2, 2, 2]);
    expect(decodeNanodet(maps, 0.3).map(({ kind }) => kind)).toEqual([2, 7, 2]);
    expect(decodeNanodet(maps, 0.6).map(({ kind }) => kind)).toEqual([2, 7]);
  });
});

describe('looking with nanodet', () => {
  it('fits the longer side into 416 pixels and tells boxes as ratios within the image', async () => {
    const maps = emptyMaps();
    plant(maps, 32, [0, 0], 0, 3, [10, 1, 10, 3]);
    let given: Float32Array = new Float32Array();
    const net: Net = {
      run: async (input) => {
        given = input;
        return maps;
      },
      close: async () => {},
    };
    const white = { width: 832, height: 416, data: new Uint8Array(832 * 416 * 3).fill(255) };
    const [person] = await runNanodet(net, pyramidOf(white), 0.3);
    expect(person?.box.left).toBe(0);
    expect(person?.box.top).toBe(0);
    expect((person?.box.left ?? 0) + (person?.box.width ?? 0)).toBeCloseTo((15.5 + 320 + 0.5) / 416, 3);
    expect((person?.box.top ?? 0) + (person?.box.height ?? 0)).toBeCloseTo((15.5 + 96 + 0.5) / 208, 3);
    const at = (row: number, column: number) => given[(row * 418 + column) * 3] ?? Number.NaN;
    expect(at(0, 5)).toBe(0);
    expect(at(1, 1)).toBeCloseTo((255 - 103.53) / 57.375, 4);
    expect(at(300, 5)).toBeCloseTo(-103.53 / 57.375, 4);
  });
});

describe('labels of objects', () => {
  let names: readonly string[];
  beforeAll(() => {
    names = readCocoLabels();
  });
  const box = { left: 0, top: 0, width: 0.5, height: 0.5 };
  const curve = curveOf({ intercept: 0, slope: 1 });

  it('hold the objects of a class, and are as sure as the surest', () => {
    const seen = [
      { kind: 0, score: 0.9, box },
      { kind: 16, score: 0.7, box },
      { kind: 0, score: 0.6, box },
      { kind: 2, score: 0.2, box },
    ];
    const labels = labelsOfObjects(seen, 'x', curve, { minConfidence: 50 });
    expect(labels.map(({ name, instances }) => [name, instances.length])).toEqual([
      ['Person', 2],
      ['Dog', 1],
    ]);
    expect(labels[0]?.confidence).toBeCloseTo(90, 5);
    expect(labelsOfObjects(seen, 'x', curve, { minConfidence: 0, wanted: new Set(['Car']) })).toHaveLength(1);
    expect(names[16]).toBe('Dog');
  });
});
