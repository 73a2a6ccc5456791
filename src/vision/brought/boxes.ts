import type { NetOutput } from '../sessions/net.ts';
import { ClassMapError } from './class-map.ts';

/** A box of a detector, in pixels of its input. */
export interface ClassBox {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** The index of its class. */
  readonly index: number;
  /** 0..1. */
  readonly score: number;
}

/**
 * Layouts of detectors' outputs: `yolov8` is `[1, 4 + C, N]` with centre, size and class scores (YOLOv8 and 11 as exported);
 * `yolov5` is `[1, N, 5 + C]` with centre, size, objectness and class scores; `end-to-end` is `[1, N, 6]` with corners, score
 * and class, where the model has already dropped boxes that say the same (YOLOv10, or an export with `nms=True`).
 */
export const boxLayouts = ['yolov8', 'yolov5', 'end-to-end'] as const;
export type BoxLayout = (typeof boxLayouts)[number];

/** Boxes of a class that share more of their area than this are one. */
const SAME_ABOVE_IOU = 0.45;
const MOST_BOXES = 300;

/**
 * Reads the boxes of a detector: the surest first, at most 300.
 *
 * @param classes how many classes the map names
 * @param least boxes below it are dropped, 0..1
 * @throws {ClassMapError} when the output has another shape than its layout and the map say
 */
export function readBoxes(output: NetOutput, layout: BoxLayout, classes: number, least: number): readonly ClassBox[] {
  const [batch, rows = 0, columns = 0] = output.dims;
  const expected = { yolov8: [rows, 4 + classes], yolov5: [columns, 5 + classes], 'end-to-end': [columns, 6] }[layout];
  if (output.dims.length !== 3 || batch !== 1 || expected[0] !== expected[1]) {
    throw new ClassMapError(
      `the model's output is [${output.dims.join(', ')}]; as ${layout} with ${classes} classes it has to have ${expected[1]} ` +
        `values for a box. Check output and classes in classes.json.`,
    );
  }
  const count = layout === 'yolov8' ? columns : rows;
  const value = (box: number, field: number): number =>
    output.data[layout === 'yolov8' ? field * columns + box : box * columns + field] ?? 0;
  const found: ClassBox[] = [];
  for (let box = 0; box < count; box++) {
    const one = layout === 'end-to-end' ? cornersAt(value, box) : centredAt(value, box, layout, classes);
    if (isSound(one, classes, least)) found.push(one);
  }
  found.sort((a, b) => b.score - a.score);
  return (layout === 'end-to-end' ? found : distinct(found)).slice(0, MOST_BOXES);
}

type Value = (box: number, field: number) => number;

function cornersAt(value: Value, box: number): ClassBox {
  const [x0, y0, x1, y1, score, index] = [0, 1, 2, 3, 4, 5].map((field) => value(box, field));
  return { x0: x0 ?? 0, y0: y0 ?? 0, x1: x1 ?? 0, y1: y1 ?? 0, score: score ?? 0, index: Math.round(index ?? -1) };
}

function centredAt(value: Value, box: number, layout: 'yolov8' | 'yolov5', classes: number): ClassBox {
  const first = layout === 'yolov8' ? 4 : 5;
  let index = 0;
  for (let candidate = 1; candidate < classes; candidate++)
    if (value(box, first + candidate) > value(box, first + index)) index = candidate;
  const objectness = layout === 'yolov5' ? value(box, 4) : 1;
  const [x, y, width, height] = [value(box, 0), value(box, 1), value(box, 2) / 2, value(box, 3) / 2];
  const score = objectness * value(box, first + index);
  return { x0: x - width, y0: y - height, x1: x + width, y1: y + height, index, score };
}

function isSound({ x0, y0, x1, y1, index, score }: ClassBox, classes: number, least: number): boolean {
  if (![x0, y0, x1, y1, score].every(Number.isFinite)) return false;
  return score >= least && x1 > x0 && y1 > y0 && index >= 0 && index < classes;
}

const areaOf = (box: ClassBox): number => (box.x1 - box.x0) * (box.y1 - box.y0);

function shared(a: ClassBox, b: ClassBox): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Keeps the surest of the boxes of a class that lie on one another. */
function distinct(sorted: readonly ClassBox[]): ClassBox[] {
  const kept: ClassBox[] = [];
  for (const box of sorted) {
    const same = kept.some((other) => {
      const common = shared(box, other);
      return other.index === box.index && common / (areaOf(box) + areaOf(other) - common) > SAME_ABOVE_IOU;
    });
    if (!same) kept.push(box);
  }
  return kept;
}
