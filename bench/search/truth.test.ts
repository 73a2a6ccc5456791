import { describe, expect, it } from 'vitest';
import { zeros32 } from '../../evals/train/matrix.ts';
import { joinRecalls, recallOf, Truth } from './truth.ts';

describe('the truth that searches are held against', () => {
  /** Vectors whose scores with the probe are told. */
  const scored = (scores: readonly number[]) => {
    const rows = zeros32(scores.length, 4);
    for (const [i, score] of scores.entries()) rows.data[4 * i] = score;
    return rows;
  };
  const probe = Float32Array.of(1, 0, 0, 0);

  it('keeps the best at or above the least score, whatever order they come in', () => {
    const truth = new Truth([probe], { limit: 3, minScore: 0.25 });
    truth.offer(scored([0.5, 0.125, 0.875]), 0);
    truth.offer(scored([0.25, 1, 0.75, 0.625]), 3);
    expect(truth.of(0).map(({ number }) => number)).toEqual([4, 2, 5, 6]);
  });

  it('keeps the best of many more than it has room for', () => {
    const truth = new Truth([probe], { limit: 2, minScore: -1 });
    const scores = Array.from({ length: 500 }, (_, i) => ((i * 37) % 500) / 512);
    for (let i = 0; i < 500; i += 50) truth.offer(scored(scores.slice(i, i + 50)), i);
    expect(
      truth
        .of(0)
        .slice(0, 2)
        .map(({ score }) => Math.round(score * 512)),
    ).toEqual([499, 498]);
  });

  it('counts what is missed, and leaves out what ties with the first that has no place', () => {
    const truth = [0.9, 0.8, 0.7, 0.7].map((score, number) => ({ number, score }));
    const aim = { limit: 3, minScore: 0.5 };
    expect(recallOf(truth, new Set([0, 1, 3]), aim)).toEqual({ found: 2, wanted: 2 });
    expect(recallOf(truth, new Set([0, 2]), aim)).toEqual({ found: 1, wanted: 2 });
    expect(recallOf(truth, new Set([0, 1]), { limit: 4, minScore: 0.75 })).toEqual({ found: 2, wanted: 2 });
    expect(
      joinRecalls([
        { found: 1, wanted: 2 },
        { found: 3, wanted: 3 },
      ]),
    ).toEqual({ found: 4, wanted: 5 });
  });
});
