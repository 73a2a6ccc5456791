import type { Box } from '../../shared/geometry.ts';
import { readCocoLabels } from '../../shared/label-table.ts';
import type { Pyramid } from '../align/raster.ts';
import { type PixelFormat, scaleImage } from '../align/warp.ts';
import { suppress } from '../detect/boxes.ts';
import type { PixelBox } from '../measured-face.ts';
import { type Net, type NetOutput, openNet, outputOf } from '../sessions/net.ts';
import { type ConfidenceCurve, readLabelCalibration } from './calibration.ts';
import type { LabelInstance, RawLabel } from './port.ts';
import type { LabelSourceDefinition, LookOptions } from './source.ts';

/** Side of the square that the picture is fitted into, pixels. */
const SIDE = 416;
/** The net's first convolution takes a border of zeros with it. */
const BORDER = 1;
const STRIDES = [8, 16, 32] as const;
const CLASSES = 80;
/** A distance is the mean of a distribution over 0..10 cells. */
const BINS = 11;
const CELL = CLASSES + 4 * BINS;
/** Scores below it are no use at any confidence: of 29 pictures with 81 labels one in three is right at .2. */
const MIN_SCORE = 0.15;
/** Share of the union above which two boxes of a class are one object. */
const SAME_OBJECT = 0.55;
/** Objects of one class that are told. */
const MAX_INSTANCES = 100;

/** BGR as it is; what the picture does not cover is black. */
const FORMAT: PixelFormat = { order: 'bgr', mean: [0, 0, 0], scale: 1, outside: 0 };
const MEAN = [103.53, 116.28, 123.675] as const;
const DEVIATION = [57.375, 57.12, 58.395] as const;

/** An object as a net sees it, in pixels of its picture. */
export interface SeenObject {
  /** Index of COCO's 80 classes. */
  readonly kind: number;
  /** 0..1, no probability. */
  readonly score: number;
  readonly box: PixelBox;
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** The distance that a distribution over {@link BINS} cells means, in cells. */
function distanceOf(data: Float32Array, offset: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < BINS; bin++) highest = Math.max(highest, data[offset + bin] ?? 0);
  let sum = 0;
  let weighted = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const weight = Math.exp((data[offset + bin] ?? 0) - highest);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}

/**
 * Reads the objects out of nanodet's three maps: in each cell the likeliest class of at least `minScore`, then of each
 * class the best of every group of boxes that mean the same object, best first.
 *
 * @param outputs `cells_8`, `cells_16`, `cells_32`, `[1, 416 / stride, 416 / stride, 124]`: 80 logits of classes, then
 * the distributions of the distances from the cell's centre to the left, top, right and bottom side
 * @source RangiLyu, NanoDet: a cell's centre is at stride * i + (stride - 1) / 2; generalized focal loss, arXiv:2006.04388
 */
export function decodeNanodet(outputs: Readonly<Record<string, NetOutput>>, minScore: number): SeenObject[] {
  const minLogit = Math.log(minScore / (1 - minScore));
  const found = new Map<number, SeenObject[]>();
  for (const stride of STRIDES) {
    const data = outputOf(outputs, `cells_${stride}`);
    const columns = SIDE / stride;
    for (let cell = 0; cell < columns * columns; cell++) {
      const offset = cell * CELL;
      let kind = -1;
      let best = minLogit;
      for (let i = 0; i < CLASSES; i++) {
        const logit = data[offset + i] as number;
        if (logit >= best) {
          best = logit;
          kind = i;
        }
      }
      if (kind < 0) continue;
      const x = (cell % columns) * stride + (stride - 1) / 2;
      const y = Math.floor(cell / columns) * stride + (stride - 1) / 2;
      const side = (index: number): number => stride * distanceOf(data, offset + CLASSES + index * BINS);
      const box = { x0: x - side(0), y0: y - side(1), x1: x + side(2), y1: y + side(3) };
      found.set(kind, [...(found.get(kind) ?? []), { kind, score: sigmoid(best), box }]);
    }
  }
  return [...found.values()].flatMap((ofKind) => suppress(ofKind, SAME_OBJECT)).sort((a, b) => b.score - a.score);
}

/** Looks for objects with nanodet. @returns boxes as ratios of the image, within it */
export async function runNanodet(
  net: Net,
  image: Pyramid,
  minScore: number,
): Promise<readonly { readonly kind: number; readonly score: number; readonly box: Box }[]> {
  const scale = SIDE / Math.max(image.width, image.height);
  const outputs = await net.run(inputOf(image, scale), [1, SIDE + 2 * BORDER, SIDE + 2 * BORDER, 3]);
  // a point p of the image lies at p * scale + (scale - 1) / 2, and the centre of pixel i at i, so its ratio is that of i + .5
  const ratio = (at: number, size: number): number => Math.min(1, Math.max(0, (at + 0.5) / (size * scale)));
  return decodeNanodet(outputs, minScore).map(({ kind, score, box }) => {
    const left = ratio(box.x0, image.width);
    const top = ratio(box.y0, image.height);
    const width = ratio(box.x1, image.width) - left;
    const height = ratio(box.y1, image.height) - top;
    return { kind, score, box: { left, top, width, height } };
  });
}

/** `[418, 418, 3]` BGR, normalised: the picture at the top left of 416 x 416, a border of zeros around all. */
function inputOf(image: Pyramid, scale: number): Float32Array {
  const picture = scaleImage(image, scale, SIDE, SIDE, FORMAT);
  const rows = SIDE + 2 * BORDER;
  const input = new Float32Array(rows * rows * 3);
  for (let y = 0; y < SIDE; y++) {
    let from = y * SIDE * 3;
    let to = ((y + BORDER) * rows + BORDER) * 3;
    for (let x = 0; x < SIDE; x++, from += 3, to += 3) {
      input[to] = ((picture[from] as number) - MEAN[0]) / DEVIATION[0];
      input[to + 1] = ((picture[from + 1] as number) - MEAN[1]) / DEVIATION[1];
      input[to + 2] = ((picture[from + 2] as number) - MEAN[2]) / DEVIATION[2];
    }
  }
  return input;
}

/**
 * Puts seen objects of COCO's classes together to labels: each with its objects, as sure as the surest.
 *
 * @param seen best first
 */
export function labelsOfObjects(
  seen: readonly { readonly kind: number; readonly score: number; readonly box: Box }[],
  source: string,
  curve: ConfidenceCurve,
  { wanted, minConfidence }: Pick<LookOptions, 'wanted' | 'minConfidence'>,
): RawLabel[] {
  const names = readCocoLabels();
  const objects = new Map<string, LabelInstance[]>();
  for (const { kind, score, box } of seen) {
    const name = names[kind];
    const confidence = curve.confidenceOf(score);
    if (name === undefined || confidence < minConfidence || wanted?.has(name) === false) continue;
    const others = objects.get(name) ?? [];
    if (others.length < MAX_INSTANCES) objects.set(name, [...others, { box, confidence }]);
  }
  return [...objects].map(([name, instances]) => ({
    name,
    confidence: instances[0]?.confidence ?? 0,
    instances,
    source,
  }));
}

/** Objects of COCO's 80 classes by nanodet: the default pack. */
export const nanodet: LabelSourceDefinition = {
  id: 'nanodet',
  version: '1',
  side: 2 * SIDE,
  findsObjects: true,
  async coverage() {
    return {
      source: 'nanodet',
      version: '1',
      operation: 'DetectLabels',
      labels: [...readCocoLabels()].sort(),
      notCovered:
        'Scenes, events, materials, breeds and every object outside of COCO 2017. Small objects are often missed.',
    };
  },
  async open({ models }) {
    const net = await openNet((await models.load('nanodet')).bytes);
    const curve = readLabelCalibration('nanodet');
    return {
      async look(image, options, signal) {
        signal.throwIfAborted();
        const minScore = Math.max(MIN_SCORE, curve.scoreOf(options.minConfidence));
        return labelsOfObjects(await runNanodet(net, image, minScore), 'nanodet', curve, options);
      },
      close: () => net.close(),
    };
  },
};
