import { type LearnedRecipe, type LearningParameters, learnRecipe, type TrainingSet, templatesOf } from './learn.ts';
import { dotRows, type Matrix, takeRows, zeros32 } from './matrix.ts';

/** A way to learn constants from some faces; the parameters are bound. */
export type Learner = (rows: readonly number[]) => LearnedRecipe;

/** Binds a set and parameters. */
export function learnerOf(set: TrainingSet, parameters: LearningParameters): Learner {
  return (rows) => learnRecipe(set, rows, parameters);
}

/**
 * Scores every face with every other by constants that were learned without the people of both.
 *
 * The folds must share no person. A pair within fold f is scored by constants learned on the folds other than f, a pair
 * across f and g by constants learned on the folds other than f and g: 15 learnings for 5 folds. Constants of
 * different learnings differ by an offset of the score, which stands for no difference between faces; therefore the mean
 * impostor score among the faces that were learned on is taken off each.
 *
 * @param folds fold of each face, 0 and above; a face below 0 (not found) scores -Infinity with all
 * @param onStep told after each learning
 * @returns `[faces, faces]`, 0 is the mean score of two different people
 */
export function crossValidatedScores(
  set: TrainingSet,
  folds: Int32Array,
  learn: Learner,
  onStep: (done: number, total: number) => void = () => {},
): Matrix<Float32Array> {
  const n = folds.length;
  const names = [...new Set(folds)].filter((fold) => fold >= 0).sort((a, b) => a - b);
  const scores = zeros32(n, n);
  scores.data.fill(Number.NEGATIVE_INFINITY);
  const rowsOf = (keep: (fold: number) => boolean): number[] =>
    Array.from(folds.keys()).filter((row) => (folds[row] ?? -1) >= 0 && keep(folds[row] ?? -1));
  const total = (names.length * (names.length + 1)) / 2;
  let done = 0;
  for (const [k, f] of names.entries()) {
    for (const g of names.slice(k)) {
      const learned = learn(rowsOf((fold) => fold !== f && fold !== g));
      const templates = templatesOf(set, learned);
      const left = rowsOf((fold) => fold === f);
      const right = rowsOf((fold) => fold === g);
      const block = dotRows(takeRows(templates, left), takeRows(templates, right));
      left.forEach((i, a) => {
        right.forEach((j, b) => {
          const score = (block.data[a * right.length + b] ?? 0) - learned.meanImpostorScore;
          scores.data[i * n + j] = score;
          scores.data[j * n + i] = score;
        });
      });
      onStep(++done, total);
    }
  }
  return scores;
}
