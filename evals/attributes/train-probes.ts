import {
  combineProbes,
  normaliseFeature,
  PROBE_FIELDS,
  type ProbeField,
  type ProbeFigures,
} from '../../src/vision/attributes/index.ts';
import { seededRandom, shuffled } from '../faces/random.ts';
import type { LabelledFace, OnProgress } from './labelled-faces.ts';
import { fitLogistic, fitPlatt, type LogisticModel, scalingOf, scoreOf } from './logistic.ts';

/** Folds of the cross-validation. */
export const FOLDS = 5;
/** Cross-validated AUC of beard and mustache by ridge: .988 and .989 at 3e-4, .990 and .990 at 1e-4, .990 and .989 at 3e-5. */
export const RIDGE = 1e-4;
const SEED = 20_261_122;
/**
 * Share of a field's rarity, in log-odds, that its calibration keeps. LFW is press photos of 2002 to 2005: elsewhere
 * facial hair is more frequent. Held out, 1 misses about 35 of 179 beards and .5 about 17, at two more wrong answers in
 * 1,995. Eyewear is told so surely that it needs no help.
 */
export const RARITY_KEPT: Readonly<Record<ProbeField, number>> = {
  eyeglasses: 1,
  sunglasses: 1,
  beard: 0.5,
  mustache: 0.5,
};

/** A trained probe with what its held-out scores said. */
export interface TrainedProbe {
  readonly field: ProbeField;
  /** Trained on every face. */
  readonly model: LogisticModel;
  readonly slope: number;
  readonly offset: number;
  readonly crossValidated: ProbeFigures;
}

/**
 * The fold of each face, 0..4; all faces of a person are in one fold.
 */
export function foldsOf(people: readonly number[]): number[] {
  const order = shuffled(
    [...new Set(people)].sort((a, b) => a - b),
    seededRandom(SEED),
  );
  const foldOf = new Map(order.map((person, i) => [person, i % FOLDS]));
  return people.map((person) => foldOf.get(person) ?? 0);
}

/** Area under the ROC curve of scores; equal scores count half. */
export function areaUnderRoc(scores: readonly number[], labels: readonly number[]): number {
  const order = scores.map((score, i) => ({ score, label: labels[i] ?? 0 })).sort((a, b) => a.score - b.score);
  let rankSum = 0;
  let positives = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && order[j]?.score === order[i]?.score) j++;
    const rank = (i + 1 + j) / 2;
    for (; i < j; i++) {
      if (order[i]?.label !== 1) continue;
      rankSum += rank;
      positives++;
    }
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

/** Trained on the faces whose field is known; those with sunglasses say nothing about clear glasses. */
function isTrainable({ labels }: LabelledFace, field: ProbeField): boolean {
  return labels[field] !== undefined && (field !== 'eyeglasses' || labels.sunglasses === 0);
}

/**
 * Trains the four probes and scores every face by probes that never saw its person.
 *
 * A probe's calibration is fitted on those held-out scores; its figures are of the answers that are given: combined
 * as at run time, and the threshold is even odds. All faces whose label is known count.
 */
export function trainProbes(faces: readonly LabelledFace[], onProgress: OnProgress = () => {}): TrainedProbe[] {
  const features = faces.map(({ feature }) => normaliseFeature(feature));
  const folds = foldsOf(faces.map(({ person }) => person));
  const all = [...faces.keys()];
  let done = 0;
  const train = (field: ProbeField, keep: (i: number) => boolean): LogisticModel => {
    const scaling = scalingOf(features.filter((_, i) => keep(i)));
    const rows = all.filter((i) => keep(i) && isTrainable(faces[i] as LabelledFace, field));
    const model = fitLogistic(
      {
        features: rows.map((i) => features[i] as Float32Array),
        labels: rows.map((i) => faces[i]?.labels[field] ?? 0),
      },
      scaling,
      RIDGE,
    );
    onProgress('train', ++done, PROBE_FIELDS.length * (FOLDS + 1));
    return model;
  };
  const trained = PROBE_FIELDS.map((field) => {
    const byFold = Array.from({ length: FOLDS }, (_, fold) => train(field, (i) => folds[i] !== fold));
    const heldOut = all.map((i) => scoreOf(byFold[folds[i] ?? 0] as LogisticModel, features[i] as Float32Array));
    const known = all.filter((i) => isTrainable(faces[i] as LabelledFace, field));
    const platt = fitPlatt(
      known.map((i) => heldOut[i] ?? 0),
      known.map((i) => faces[i]?.labels[field] ?? 0),
    );
    const positives = known.filter((i) => faces[i]?.labels[field] === 1).length;
    const offset = platt.offset + (1 - RARITY_KEPT[field]) * Math.log((known.length - positives) / positives);
    const logits = heldOut.map((score) => platt.slope * score + offset);
    return { field, model: train(field, () => true), slope: platt.slope, offset, logits };
  });
  const answers = all.map((i) => {
    const [eyeglasses = 0, sunglasses = 0, beard = 0, mustache = 0] = trained.map(({ logits }) => logits[i]);
    return combineProbes({ eyeglasses, sunglasses, beard, mustache }, faces[i]?.male ?? 0.5);
  });
  return trained.map(({ field, model, slope, offset }) => {
    const known = all.filter((i) => faces[i]?.labels[field] !== undefined);
    const labels = known.map((i) => faces[i]?.labels[field] ?? 0);
    const scores = known.map((i) => answers[i]?.[field] ?? 0);
    return { field, model, slope, offset, crossValidated: figuresOf(scores, labels) };
  });
}

/** What answers by the sign of their log-odds are worth. */
export function figuresOf(logits: readonly number[], labels: readonly number[]): ProbeFigures {
  const positives = labels.filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  const told = logits.filter((z, i) => z >= 0 && labels[i] === 1).length;
  const spared = logits.filter((z, i) => z < 0 && labels[i] === 0).length;
  return {
    positives,
    negatives,
    auc: areaUnderRoc(logits, labels),
    accuracy: (told + spared) / labels.length,
    balancedAccuracy: (told / positives + spared / negatives) / 2,
  };
}
