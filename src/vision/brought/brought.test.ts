import { describe, expect, it } from 'vitest';
import { pyramidOf } from '../align/raster.ts';
import { readBoxes } from './boxes.ts';
import { type BroughtInput, ClassMapError, readClassMap } from './class-map.ts';
import { preparePicture } from './prepare-picture.ts';

const rules = { outputs: ['yolov8', 'yolov5'], meanings: new Set(['PERSON', 'HEAD']), fit: 'letterbox' } as const;
const map = (value: unknown) => readClassMap(Buffer.from(JSON.stringify(value)), rules);
const sound = { input: { width: 640, height: 640 }, output: 'yolov8', classes: ['PERSON', null, 'HEAD'] };

describe('a class map', () => {
  it('needs to say size, layout of the output and classes, the rest being usual', () => {
    expect(map(sound)).toEqual({
      input: {
        width: 640,
        height: 640,
        layout: 'NCHW',
        channels: 'RGB',
        mean: [0, 0, 0],
        std: [1, 1, 1],
        fit: 'letterbox',
        padding: 114,
      },
      output: 'yolov8',
      classes: ['PERSON', null, 'HEAD'],
    });
  });

  it.each([
    [
      'a class that there is not',
      { ...sound, classes: ['PERSON', 'HELMET'] },
      /"HELMET" is no class; there are PERSON/,
    ],
    ['no classes', { ...sound, classes: [] }, /classes must list/],
    ['an unknown output', { ...sound, output: 'ssd' }, /output must be one of yolov8, yolov5/],
    ['no size', { ...sound, input: {} }, /input.width must be a whole number/],
    ['a size beyond all bounds', { ...sound, input: { width: 1e6, height: 640 } }, /input.width/],
    ['a std of nothing', { ...sound, input: { ...sound.input, std: [1, 0, 1] } }, /std must be above 0/],
    ['a mean of words', { ...sound, input: { ...sound.input, mean: 'imagenet' } }, /mean must be three numbers/],
    ['nothing', null, /classes must list/],
  ])('is refused with %s, in words that help', (_, value, message) => {
    expect(() => map(value)).toThrow(ClassMapError);
    expect(() => map(value)).toThrow(message);
  });

  it('is refused when it is no JSON', () => {
    expect(() => readClassMap(Buffer.from('{'), rules)).toThrow(ClassMapError);
  });
});

const input: BroughtInput = {
  width: 32,
  height: 16,
  layout: 'NCHW',
  channels: 'RGB',
  mean: [0, 0, 0],
  std: [1, 1, 1],
  fit: 'letterbox',
  padding: 255,
};

/** A square picture of one colour. */
const square = pyramidOf({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).map((_, i) => [51, 102, 0][i % 3]!) });

describe('a picture for a brought model', () => {
  it('keeps its proportions in the middle of a letterbox', () => {
    const { data, dims } = preparePicture(square, input);
    expect(dims).toEqual([1, 3, 16, 32]);
    const red = (x: number, y: number) => data[y * 32 + x];
    expect(red(7, 8)).toBeCloseTo(1, 5);
    expect(red(8, 8)).toBeCloseTo(0.2, 5);
    expect(red(23, 0)).toBeCloseTo(0.2, 5);
    expect(red(24, 0)).toBeCloseTo(1, 5);
    expect(data[32 * 16 + 8 * 32 + 16]).toBeCloseTo(0.4, 5);
  });

  it('is squeezed, interleaved, reordered and normalised as the map says', () => {
    const other = {
      ...input,
      fit: 'squeeze',
      layout: 'NHWC',
      channels: 'BGR',
      mean: [0, 0.4, 0],
      std: [1, 1, 0.1],
    } as const;
    const { data, dims } = preparePicture(square, other);
    expect(dims).toEqual([1, 16, 32, 3]);
    expect([...data.slice(0, 3)].map((value) => Math.round(value * 1000) / 1000)).toEqual([0, 0, 2]);
  });

  it('leads boxes back to the picture, cut at its borders', () => {
    const { toPicture } = preparePicture(square, input);
    expect(toPicture({ x0: 8, y0: 0, x1: 16, y1: 8 })).toEqual({ left: 0, top: 0, width: 0.5, height: 0.5 });
    expect(toPicture({ x0: 0, y0: -4, x1: 32, y1: 99 })).toEqual({ left: 0, top: 0, width: 1, height: 1 });
  });
});

/** Rows of boxes as a net's output, transposed for yolov8. */
function output(layout: 'yolov8' | 'yolov5' | 'end-to-end', rows: readonly (readonly number[])[]) {
  const fields = rows[0]?.length ?? 0;
  if (layout !== 'yolov8') return { dims: [1, rows.length, fields], data: Float32Array.from(rows.flat()) };
  const data = Float32Array.from(
    { length: fields * rows.length },
    (_, i) => rows[i % rows.length]![Math.floor(i / rows.length)]!,
  );
  return { dims: [1, fields, rows.length], data };
}

describe('boxes of a detector', () => {
  it('are read from each layout alike', () => {
    const expected = [{ x0: 5, y0: 15, x1: 15, y1: 25, index: 1, score: expect.closeTo(0.9, 5) }];
    const read = (layout: 'yolov8' | 'yolov5' | 'end-to-end', row: number[]) =>
      readBoxes(output(layout, [row]), layout, 2, 0.5);
    expect(read('yolov8', [10, 20, 10, 10, 0.2, 0.9])).toEqual(expected);
    expect(read('yolov5', [10, 20, 10, 10, 0.9, 0.2, 1])).toEqual(expected);
    expect(read('end-to-end', [5, 15, 15, 25, 0.9, 1])).toEqual(expected);
  });

  it('that say the same of a class are one; of two classes, or apart, they are two', () => {
    const rows = [
      [10, 10, 10, 10, 0.9, 0],
      [11, 10, 10, 10, 0.8, 0],
      [11, 10, 10, 10, 0, 0.7],
      [40, 10, 10, 10, 0.6, 0],
    ];
    expect(readBoxes(output('yolov8', rows), 'yolov8', 2, 0.5).map(({ score }) => Math.round(score * 10))).toEqual([
      9, 7, 6,
    ]);
  });

  it('are dropped when they are unsure, empty, of no class or no numbers', () => {
    const rows = [
      [0, 0, 10, 10, 0.49, 0],
      [10, 0, 0, 10, 0.9, 0],
      [0, 0, 10, 10, 0.9, 2],
      [0, 0, 10, 10, 0.9, -1],
      [0, Number.NaN, 10, 10, 0.9, 0],
      [0, 0, 10, Number.POSITIVE_INFINITY, 0.9, 0],
    ];
    expect(readBoxes(output('end-to-end', rows), 'end-to-end', 2, 0.5)).toEqual([]);
  });

  it('are never read from an output of another shape', () => {
    const message = /\[1, 6, 1\]; as yolov8 with 3 classes it has to have 7 values/;
    expect(() => readBoxes(output('yolov8', [[0, 0, 1, 1, 1, 1]]), 'yolov8', 3, 0.5)).toThrow(message);
    expect(() => readBoxes({ dims: [6], data: new Float32Array(6) }, 'end-to-end', 2, 0.5)).toThrow(ClassMapError);
  });
});
