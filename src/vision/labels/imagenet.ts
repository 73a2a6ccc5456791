import { readImagenetLabels, readLabelTable } from '../../shared/label-table.ts';
import type { Pyramid } from '../align/raster.ts';
import { cutChip, PLAIN_RGB } from '../align/warp.ts';
import { openNet } from '../sessions/net.ts';
import { asToldCurve } from './calibration.ts';
import { toPlanes } from './pixels.ts';
import type { RawLabel } from './port.ts';
import type { LabelSourceDefinition, LookOptions } from './source.ts';
import { mayTell } from './withheld.ts';

const SIDE = 224;
/** The shorter side is scaled to it, and the middle is cut out: how ImageNet's nets are evaluated. */
const SHORTER_SIDE = 256;
const MEAN = [0.485 * 255, 0.456 * 255, 0.406 * 255] as const;
const DEVIATION = [0.229 * 255, 0.224 * 255, 0.225 * 255] as const;

/** Puts class probabilities together to labels. */
export interface ImagenetClasses {
  /** Labels of the classes, sorted, each once. */
  readonly names: readonly string[];
  /**
   * What 1,000 logits say: the probability of a label is the sum over its classes and those below it, for a picture of
   * a dog is surely one where its breed is in doubt.
   */
  labelsOf(logits: Float32Array, options: LookOptions): RawLabel[];
}

/** Reads which label each class is. */
export function readImagenetClasses(): ImagenetClasses {
  const labels = readImagenetLabels();
  const table = readLabelTable();
  const above = labels.map((name) => [name, ...table.ancestorsOf(name)]);
  return {
    names: [...new Set(labels)].sort(),
    labelsOf(logits, { wanted, minConfidence, attributes }) {
      if (logits.length !== labels.length) throw new Error(`the net answers ${logits.length} classes, expected 1000`);
      const sums = new Map<string, number>();
      softmax(logits).forEach((probability, i) => {
        for (const name of above[i] ?? []) sums.set(name, (sums.get(name) ?? 0) + probability);
      });
      return [...sums].flatMap(([name, probability]) => {
        const confidence = asToldCurve.confidenceOf(probability);
        const isTold = confidence >= minConfidence && wanted?.has(name) !== false && mayTell(name, attributes);
        return isTold ? [{ name, confidence, instances: [], source: 'imagenet' }] : [];
      });
    },
  };
}

function softmax(logits: Float32Array): Float64Array {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** `[3, 224, 224]` RGB, normalised as ImageNet's pictures are: the middle of the picture. */
export function imagenetInput(image: Pyramid): Float32Array {
  const scale = SHORTER_SIDE / Math.min(image.width, image.height);
  // a point p of the image lies at p * scale + (scale - 1) / 2 of one that is scaled
  const shift = (size: number): number => (scale - 1) / 2 - (size * scale - SIDE) / 2;
  const pixels = new Float32Array(SIDE * SIDE * 3);
  const transform = { a: scale, b: 0, tx: shift(image.width), ty: shift(image.height) };
  cutChip(image, transform, SIDE, SIDE, PLAIN_RGB, pixels);
  return toPlanes(pixels, MEAN, DEVIATION);
}

/** What a picture shows by ImageNet's 1,000 classes, where the pack is installed. */
export const imagenet: LabelSourceDefinition = {
  id: 'imagenet',
  version: '1',
  side: 2 * SHORTER_SIDE,
  async coverage({ packs }) {
    if ((await packs.installed('imagenet')) === undefined) return undefined;
    return {
      source: 'imagenet',
      version: '1',
      operation: 'DetectLabels',
      labels: readImagenetClasses().names,
      notCovered:
        'One subject to a picture, in its middle; people, scenes and events hardly. Its accuracy was not measured here, and its confidence is the probability that the model gives, not calibrated; that of a label with others below it is their sum.',
    };
  },
  async open({ packs }) {
    const { files } = (await packs.installed('imagenet')) ?? { files: [] };
    const net = await openNet(await packs.load('imagenet', files[0]?.path ?? ''));
    const classes = readImagenetClasses();
    return {
      async look(image, options, signal) {
        signal.throwIfAborted();
        const [logits] = Object.values(await net.run(imagenetInput(image), [1, 3, SIDE, SIDE]));
        if (logits === undefined) throw new Error('the net answers nothing');
        return classes.labelsOf(logits.data, options);
      },
      close: () => net.close(),
    };
  },
};
