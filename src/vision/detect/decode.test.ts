import { describe, expect, it } from 'vitest';
import type { NetOutput } from '../sessions/net.ts';
import { decodeBlazeface } from './blazeface.ts';
import { suppress } from './boxes.ts';
import { faceBoxesConfidence } from './confidence.ts';
import { decodeFaceBoxes } from './faceboxes.ts';

const NO = -9;
const output = (data: Float32Array): NetOutput => ({ data, dims: [1, data.length] });

/** FaceBoxes' outputs for a 256x128 input, with nothing found. */
function emptyFaceBoxes() {
  const sizes = [8 * 4 * 21, 4 * 2, 2];
  const classes = sizes.map((n) => Float32Array.from({ length: n * 2 }, (_, i) => (i % 2 === 0 ? 0 : NO)));
  const boxes = sizes.map((n) => new Float32Array(n * 4));
  return { classes, boxes };
}

const faceBoxesOf = ({ classes, boxes }: ReturnType<typeof emptyFaceBoxes>) =>
  Object.fromEntries([
    ...classes.map((data, i) => [`classes_${i}`, output(data)]),
    ...boxes.map((data, i) => [`boxes_${i}`, output(data)]),
  ]) as Record<string, NetOutput>;

describe('FaceBoxes', () => {
  it('finds nothing where every prior says background', () => {
    expect(decodeFaceBoxes(faceBoxesOf(emptyFaceBoxes()), 256, 128, 1, 0.2)).toEqual([]);
  });

  it('gives a dense prior of 32 pixels its place in the cell, columns first', () => {
    const maps = emptyFaceBoxes();
    // cell (3, 1), prior 6 of the 4x4: x = 3 * 32 + 12, y = 32 + 20
    maps.classes[0]![((1 * 8 + 3) * 21 + 6) * 2 + 1] = 2;
    const [face, ...others] = decodeFaceBoxes(faceBoxesOf(maps), 256, 128, 1, 0.2);
    expect(others).toEqual([]);
    expect(face!.box).toEqual({ x0: 92, y0: 36, x1: 124, y1: 68 });
    expect(face!.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  });

  it('moves and sizes a box by its code, over the variances, y before x', () => {
    const maps = emptyFaceBoxes();
    maps.classes[0]![((1 * 8 + 3) * 21 + 6) * 2 + 1] = 2;
    maps.boxes[0]!.set([1, 2, 5 * Math.log(2), 0], ((1 * 8 + 3) * 21 + 6) * 4);
    const [face] = decodeFaceBoxes(faceBoxesOf(maps), 256, 128, 2, 0.2);
    // centre (108 + 6.4, 52 + 3.2), 32 wide, 64 tall, in half the pixels
    expect(face!.box.x0).toBeCloseTo((114.4 - 16) / 2, 4);
    expect(face!.box.x1).toBeCloseTo((114.4 + 16) / 2, 4);
    expect(face!.box.y0).toBeCloseTo((55.2 - 32) / 2, 4);
    expect(face!.box.y1).toBeCloseTo((55.2 + 32) / 2, 4);
  });

  it('clips priors that reach over the border, as it was trained', () => {
    const maps = emptyFaceBoxes();
    maps.classes[2]![1] = 3;
    const [face] = decodeFaceBoxes(faceBoxesOf(maps), 256, 128, 1, 0.2);
    expect(face!.box).toEqual({ x0: 0, y0: 0, x1: 256, y1: 128 });
  });
});

describe('blazeface', () => {
  it('gives box and roll of a face in input pixels over the scale', () => {
    const scores16 = new Float32Array(512).fill(NO);
    const boxes16 = new Float32Array(512 * 16);
    const scores32 = new Float32Array(384).fill(NO);
    const boxes32 = new Float32Array(384 * 16);
    scores32[(2 * 8 + 3) * 6 + 1] = 1;
    // centre moved by (4, -4), 64 x 80; the eyes stand straight above each other: turned by 90 degrees
    boxes32.set([4, -4, 64, 80, 10, -20, 10, 20], ((2 * 8 + 3) * 6 + 1) * 16);
    const [face, ...others] = decodeBlazeface(
      {
        scores_16: output(scores16),
        boxes_16: output(boxes16),
        scores_32: output(scores32),
        boxes_32: output(boxes32),
      },
      0.5,
      0.5,
    );
    expect(others).toEqual([]);
    expect(face!.box).toEqual({ x0: 168, y0: 72, x1: 296, y1: 232 });
    expect(face!.roll).toBeCloseTo(Math.PI / 2, 6);
  });
});

describe('suppression', () => {
  const box = (x0: number, side: number, score: number) => ({ box: { x0, y0: 0, x1: x0 + side, y1: side }, score });

  it('keeps the best of boxes that overlap, and what stands apart', () => {
    const kept = suppress([box(0, 10, 0.6), box(1, 10, 0.9), box(50, 10, 0.3)], 0.4);
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.3]);
  });

  it('drops a small box inside a better large one only when asked to', () => {
    const boxes = [box(0, 100, 0.9), box(10, 20, 0.5)];
    expect(suppress(boxes, 0.4)).toHaveLength(2);
    expect(suppress(boxes, 0.4, 0.6)).toHaveLength(1);
  });
});

describe('confidence', () => {
  it('grows with the detector and with facemesh, and stays within 0..100', () => {
    expect(faceBoxesConfidence(0.2, 1)).toBeLessThan(faceBoxesConfidence(0.5, 1));
    expect(faceBoxesConfidence(0.5, 0.91)).toBeLessThan(faceBoxesConfidence(0.5, 1));
    expect(faceBoxesConfidence(1, 1)).toBeLessThanOrEqual(100);
    expect(faceBoxesConfidence(0.2, 0.9)).toBeGreaterThan(0);
  });
});
