import type { FittedCurve } from '../../src/vision/labels/calibration.ts';
import { curveOf } from '../../src/vision/labels/calibration.ts';
import { fitLogistic } from '../attributes/logistic.ts';
import type { Told } from './scenes.ts';

/** Weight of the ridge: next to none, for two numbers are fitted to more than a hundred rows. */
const RIDGE = 1e-4;
/** Pictures are kept whole in one fold: their labels are alike. */
export const FOLDS = 5;

/**
 * Fits how likely a label is right as a logistic curve over its score's log-odds.
 *
 * @param told `value` is the score, 0..1, of the surest object of a class in a picture
 * @source J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999
 */
export function fitCurve(told: readonly Told[]): FittedCurve {
  const features = told.map(({ value }) => Float32Array.of(Math.log(value / (1 - value))));
  const labels = told.map(({ right }) => (right ? 1 : 0));
  const model = fitLogistic({ features, labels }, { mean: Float32Array.of(0), featureScale: 1 }, RIDGE);
  return { intercept: model.bias, slope: model.weights[0] ?? 0 };
}

/** Confidences of curves that were fitted without the picture they are told of. */
export function crossValidated(told: readonly Told[]): Told[] {
  const files = [...new Set(told.map(({ file }) => file))].sort();
  const foldOf = new Map(files.map((file, i) => [file, i % FOLDS]));
  return Array.from({ length: FOLDS }, (_, fold) => {
    const curve = curveOf(fitCurve(told.filter(({ file }) => foldOf.get(file) !== fold)));
    return told
      .filter(({ file }) => foldOf.get(file) === fold)
      .map((one) => ({ ...one, value: curve.confidenceOf(one.value) }));
  }).flat();
}

/** Of the labels whose confidence lies in a range: how many, how sure on average, and the share that is right. */
export interface Reliability {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly confidence: number;
  readonly right: number;
}

/** Holds confidences against what is true, by ranges of confidence. */
export function reliabilityOf(told: readonly Told[], edges: readonly number[]): Reliability[] {
  return edges.slice(0, -1).map((from, i) => {
    const to = edges[i + 1] ?? 100;
    const within = told.filter(({ value }) => value >= from && (value < to || to === 100));
    const count = within.length;
    const mean = (of: (one: Told) => number): number => within.reduce((sum, one) => sum + of(one), 0) / (count || 1);
    return { from, to, count, confidence: mean(({ value }) => value), right: 100 * mean(({ right }) => Number(right)) };
  });
}
