import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../tests/stores/builders.ts';
import { describeVectorIndex } from '../../../tests/stores/vector-contract.ts';
import { Arena } from './codes/arena.ts';
import { createFlatIndex } from './flat-index.ts';
import { BestScores, dot } from './scan.ts';
import { Space } from './space.ts';

describeVectorIndex('the flat index', createFlatIndex);

describe('dot', () => {
  it('adds four running sums in a fixed order, in double precision', () => {
    const probe = Float32Array.of(1e8, 1, -1e8, 1, 3);
    const vectors = Float32Array.of(9, 1, 1, 1, 1, 2);
    expect(dot(probe, vectors, 1)).toBe(1e8 + 3 * 2 + 1 + (-1e8 + 1));
  });
});

describe('BestScores', () => {
  it('keeps the best and all that tie with the worst of them', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 200; round++) {
      const scores = Array.from({ length: 60 }, () => Math.floor(random() * 12));
      const limit = 1 + Math.floor(random() * 20);
      const minScore = Math.floor(random() * 6);
      const best = new BestScores(limit, minScore);
      for (const [slot, score] of scores.entries()) if (score >= best.floor) best.offer(slot, score);
      const allowed = scores.filter((score) => score >= minScore).sort((a, b) => b - a);
      const worst = allowed[limit - 1] ?? minScore;
      const expected = scores.flatMap((score, slot) => (score >= Math.max(worst, minScore) ? [slot] : []));
      expect(
        best
          .list()
          .map((hit) => hit.slot)
          .sort((a, b) => a - b),
      ).toEqual(expected);
      for (const { slot, score } of best.list()) expect(score).toBe(scores[slot]);
    }
  });
});

describe('a space', () => {
  it('holds zeros where a vector was removed, and nothing but zeros once it is erased', () => {
    const space = new Space(1, 4, new Arena());
    space.put('a', Float32Array.of(1, 2, 3, 4));
    space.put('b', Float32Array.of(5, 6, 7, 8));
    const numbers = () => space.chunks.flatMap(({ vectors }) => [...vectors]).filter((value) => value !== 0);
    expect(numbers()).toHaveLength(8);
    space.remove('a');
    expect(numbers()).toEqual([5, 6, 7, 8]);
    space.erase();
    expect(numbers()).toEqual([]);
    expect(space.size).toBe(0);
  });
});
