import type { Matrix } from '../train/matrix.ts';
import type { Lfw, LfwPair } from './lfw.ts';

/** The share of true matches that pass a threshold which lets through this share of false ones. */
export interface OperatingPoint {
  /** False-accept rate. */
  readonly far: number;
  /** True-accept rate over the labelled pairs of one person, 0..1. */
  readonly tar: number;
  /** On the scale of the cross-validated scores. */
  readonly threshold: number;
  /** Pairs of different people above the threshold: below 30, the rate is a rough guess. */
  readonly falseMatches: number;
}

/** One-to-one verification. */
export interface Verification {
  /** 0..1, over the folds, each by the threshold that is best on the others; a face that was not found is an error. */
  readonly accuracy: number;
  readonly accuracyByFold: readonly number[];
  /** Area under the ROC curve of the labelled pairs, 0..1. */
  readonly auc: number;
  readonly impostorPairs: number;
  readonly operatingPoints: readonly OperatingPoint[];
}

/** The rates that are reported. */
export const REPORTED_FARS: readonly number[] = [1e-2, 1e-3, 1e-4, 1e-5];

/**
 * Measures verification on the labelled pairs, with thresholds from all pairs of different people.
 *
 * @param scores `[images, images]`, cross-validated; -Infinity where a face was not found
 * @param isExcluded leaves pairs of images out of the impostors
 */
export function verify(
  scores: Matrix<Float32Array>,
  lfw: Lfw,
  isExcluded: (a: number, b: number) => boolean = () => false,
): Verification {
  const ofPair = (pair: LfwPair): number => scores.data[pair.a * scores.columns + pair.b] ?? Number.NEGATIVE_INFINITY;
  const genuine = lfw.pairs.filter(({ same }) => same).map(ofPair);
  const labelledImpostors = lfw.pairs.filter(({ same }) => !same).map(ofPair);
  const impostors = impostorScores(scores, lfw, isExcluded).sort();
  const accuracyByFold = foldAccuracies(lfw.pairs.map((pair) => ({ ...pair, score: ofPair(pair) })));
  return {
    accuracy: accuracyByFold.reduce((sum, x) => sum + x, 0) / accuracyByFold.length,
    accuracyByFold,
    auc: areaUnderCurve(genuine, labelledImpostors),
    impostorPairs: impostors.length,
    operatingPoints: REPORTED_FARS.map((far) => operatingPoint(impostors, genuine, far)),
  };
}

/**
 * The share of true matches among the labelled pairs that pass a threshold set on the labelled impostors alone: a rough
 * figure (1,500 impostors), for comparison with pipelines of which nothing else is known.
 */
export function tarOfLabelledPairs(scores: Matrix<Float32Array>, lfw: Lfw, far: number): number {
  const scored = lfw.pairs.map(({ a, b, same }) => ({ same, score: scores.data[a * scores.columns + b] ?? 0 }));
  const impostors = Float32Array.from(
    scored.filter(({ same }) => !same),
    ({ score }) => score,
  ).sort();
  const genuine = scored.filter(({ same }) => same).map(({ score }) => score);
  return operatingPoint(impostors, genuine, far).tar;
}

/** The scores of every pair of different people, unordered. */
export function impostorScores(
  scores: Matrix<Float32Array>,
  lfw: Lfw,
  isExcluded: (a: number, b: number) => boolean = () => false,
): Float32Array {
  const n = lfw.images.length;
  const out = new Float32Array((n * (n - 1)) / 2);
  const people = lfw.images.map(({ person }) => person);
  let count = 0;
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) {
      if (people[a] !== people[b] && !isExcluded(a, b)) out[count++] = scores.data[a * n + b] ?? 0;
    }
  }
  return out.slice(0, count);
}

/** Best threshold on every other fold, then the share of right answers in the fold. */
function foldAccuracies(pairs: readonly { fold: number; same: boolean; score: number }[]): number[] {
  const folds = [...new Set(pairs.map(({ fold }) => fold))].sort((a, b) => a - b);
  return folds.map((fold) => {
    const threshold = bestThreshold(pairs.filter((pair) => pair.fold !== fold));
    const tested = pairs.filter((pair) => pair.fold === fold);
    const right = tested.filter(({ same, score }) => score !== Number.NEGATIVE_INFINITY && score >= threshold === same);
    return right.length / tested.length;
  });
}

/** The threshold with the most right answers, midway between two scores. */
export function bestThreshold(pairs: readonly { same: boolean; score: number }[]): number {
  const descending = pairs.toSorted((a, b) => b.score - a.score);
  let gain = 0;
  let best = 0;
  let threshold = Number.POSITIVE_INFINITY;
  descending.forEach(({ same, score }, i) => {
    gain += same ? 1 : -1;
    if (gain <= best) return;
    best = gain;
    threshold = (score + (descending[i + 1]?.score ?? score)) / 2;
  });
  return threshold;
}

/** The chance that a pair of one person scores above a pair of two, ties counted half. */
export function areaUnderCurve(genuine: readonly number[], impostors: readonly number[]): number {
  const all = [
    ...genuine.map((score) => ({ score, same: true })),
    ...impostors.map((score) => ({ score, same: false })),
  ].sort((a, b) => a.score - b.score);
  let wins = 0;
  let below = 0;
  for (let i = 0; i < all.length; ) {
    const tied = all.slice(i).findIndex(({ score }) => score !== all[i]?.score);
    const group = all.slice(i, tied === -1 ? undefined : i + tied);
    const same = group.filter((x) => x.same).length;
    const other = group.length - same;
    wins += same * (below + other / 2);
    below += other;
    i += group.length;
  }
  return wins / (genuine.length * impostors.length);
}

function operatingPoint(ascending: Float32Array, genuine: readonly number[], far: number): OperatingPoint {
  const falseMatches = Math.floor(ascending.length * far);
  const threshold = ascending[ascending.length - 1 - falseMatches] ?? Number.POSITIVE_INFINITY;
  return { far, tar: genuine.filter((score) => score > threshold).length / genuine.length, threshold, falseMatches };
}
