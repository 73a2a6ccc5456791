import { expect, test } from 'vitest';
import { figuresOf, type ScoredPair } from './peers.ts';

/** Five folds, each with the same mated and impostor scores. */
function pairs(mated: readonly (number | undefined)[], impostors: readonly (number | undefined)[]): ScoredPair[] {
  return [0, 1, 2, 3, 4].flatMap((fold) => [
    ...mated.map((score) => ({ fold, same: true, score })),
    ...impostors.map((score) => ({ fold, same: false, score })),
  ]);
}

test('scores that part the pairs are without error', () => {
  expect(figuresOf('human', pairs([0.8, 0.9], [0.1, 0.2]))).toMatchObject({ accuracy: 1, tarAt1e3: 1, pairs: 20 });
});

test('a face not found is an error, of mated and of impostor pairs', () => {
  expect(figuresOf('face-api', pairs([0.8, undefined], [0.1, undefined]))).toMatchObject({
    accuracy: 0.5,
    accuracyWhereFound: 1,
    tarAt1e3: 0.5,
    pairsWithoutFace: 10,
  });
});

test('a fold is judged by the threshold of the others, not by its own', () => {
  const ownScale = pairs([0.8, 0.9], [0.1, 0.2]).map((pair) =>
    pair.fold === 0 ? { ...pair, score: (pair.score ?? 0) - 0.7 } : pair,
  );
  expect(figuresOf('human', ownScale).accuracy).toBeLessThan(1);
});

test('the share of accepted mates is counted above the impostor that one in a thousand passes', () => {
  const impostors = Array.from({ length: 400 }, (_, i) => i / 1000);
  const figures = figuresOf('human', pairs([0.3975, 0.5], impostors));
  expect(figures.tarAt1e3).toBe(0.5);
});
