import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProfileName, profiles } from '../../src/vision/recipe/profiles.ts';
import { crossValidatedScores, learnerOf } from '../train/cross-validate.ts';
import { type LearningParameters, type TrainingSet, trainingSet } from '../train/learn.ts';
import type { Matrix } from '../train/matrix.ts';
import { evaluationCache, type FaceFeatures } from './features.ts';
import type { Lfw } from './lfw.ts';

/** What a profile learns from: both nets' features, or dlib's alone. */
export function trainingSetOf(profile: ProfileName, features: FaceFeatures, lfw: Lfw): TrainingSet {
  const people = Int32Array.from(lfw.images, ({ person }) => person);
  const { dlib, faceres } = features;
  return trainingSet(profiles[profile].nets.includes('faceres') ? { dlib, faceres } : { dlib }, people);
}

/**
 * The score of every image with every other by constants learned without the people of both; see
 * {@link crossValidatedScores}. Minutes of learning for `accurate`; kept in build/eval-cache.
 */
export function crossValidatedFaces(
  profile: ProfileName,
  features: FaceFeatures,
  lfw: Lfw,
  parameters: LearningParameters,
  options: { readonly fresh: boolean; readonly onStep: (done: number, total: number) => void },
): Matrix<Float32Array> {
  const n = lfw.images.length;
  const key = createHash('sha256')
    .update(JSON.stringify([profile, parameters]))
    .update(features.found)
    .update(features.dlib.data)
    .update(features.faceres.data)
    .digest('hex');
  const file = join(evaluationCache(), `lfw-scores-${profile}-${key.slice(0, 16)}.f32`);
  if (!options.fresh && existsSync(file)) {
    return { rows: n, columns: n, data: new Float32Array(Uint8Array.from(readFileSync(file)).buffer) };
  }
  const folds = Int32Array.from(lfw.images, ({ fold }, i) => (features.found[i] ? fold : -1));
  const set = trainingSetOf(profile, features, lfw);
  const scores = crossValidatedScores(set, folds, learnerOf(set, parameters), options.onStep);
  writeFileSync(file, new Uint8Array(scores.data.buffer));
  return scores;
}
