import { describe, expect, it } from 'vitest';
import { areaUnderCurve, quantile, retrieval } from './retrieval.ts';

describe('retrieval', () => {
  it('tells where the first right answer stands', () => {
    const scores = [
      [0, 3, 2, 1],
      [1, 0, 3, 2],
    ];
    const found = retrieval(
      [0, 1],
      (query) => [0, 1, 2, 3].filter((other) => other !== query),
      (query, other) => scores[query]?.[other] ?? 0,
      (query, other) => other === (query === 0 ? 1 : 0),
    );
    expect(found).toEqual({ queries: 2, recallAt1: 0.5, recallAt5: 1, meanRank: 2 });
  });

  it('knows chance from order', () => {
    expect(areaUnderCurve([3, 4], [1, 2])).toBe(1);
    expect(areaUnderCurve([1, 2], [3, 4])).toBe(0);
    expect(areaUnderCurve([2, 5], [1, 4])).toBe(0.75);
    expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(quantile([1, 2, 3], 1)).toBe(3);
  });
});
