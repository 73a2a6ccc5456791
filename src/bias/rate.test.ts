import { describe, expect, it } from 'vitest';
import { estimateRate, intervalOf, type RateSample } from './rate.ts';

const options = { threshold: 80, replicates: 300, seed: 1 };

/** Comparisons of fresh people each: nothing ties them together. */
function independent(kind: RateSample['kind'], scores: readonly number[]): RateSample {
  const first = Int32Array.from(scores, (_, i) => 2 * i);
  const second = kind === 'false-match' ? first.map((person) => person + 1) : first;
  return { kind, scores: Float64Array.from(scores), first, second };
}

/** `errors` scores on the wrong side of the threshold among `of`. */
function scoresWith(errors: number, of: number, wrong: number, right: number): number[] {
  return Array.from({ length: of }, (_, i) => (i < errors ? wrong : right));
}

describe('a rate', () => {
  it('counts a score at the threshold as a match, of two people as of one', () => {
    const scores = [79.999, 80, 80.001];
    expect(estimateRate(independent('false-match', scores), options).errors).toBe(2);
    expect(estimateRate(independent('false-non-match', scores), options).errors).toBe(1);
  });

  it('has an effect of about 1 where comparisons share no one', () => {
    for (const kind of ['false-match', 'false-non-match'] as const) {
      const wrong = kind === 'false-match' ? 90 : 70;
      const estimate = estimateRate(independent(kind, scoresWith(100, 1000, wrong, 160 - wrong)), options);
      expect(estimate.designEffect).toBeLessThan(1.6);
    }
  });

  it('is worth its people, not its images, where all images of a person go wrong together', () => {
    const people = 60;
    const each = 10;
    const first = Int32Array.from({ length: people * each }, (_, i) => Math.floor(i / each));
    const scores = Float64Array.from(first, (person) => (person % 3 === 0 ? 70 : 90));
    const { effectiveComparisons } = estimateRate({ kind: 'false-non-match', scores, first, second: first }, options);
    expect(effectiveComparisons).toBeGreaterThan(0.8 * people);
    expect(effectiveComparisons).toBeLessThan(1.3 * people);
  });

  it('is worth half its people at worst, where each person is compared with each', () => {
    const pairs: (readonly [number, number])[] = [];
    for (let i = 0; i < 40; i++) for (let j = 0; j < i; j++) pairs.push([i, j]);
    const first = Int32Array.from(pairs, ([i]) => i);
    const second = Int32Array.from(pairs, ([, j]) => j);
    const scores = Float64Array.from(pairs, () => 10);
    const estimate = estimateRate(
      { kind: 'false-match', scores: scores.fill(10), first, second },
      { ...options, threshold: 80 },
    );
    expect(estimate.errors).toBe(0);
    expect(estimate.effectiveComparisons).toBeGreaterThanOrEqual(20);
  });

  it('is the same for the same seed', () => {
    const sample = independent('false-match', scoresWith(40, 300, 90, 20));
    expect(estimateRate(sample, options)).toEqual(estimateRate(sample, options));
  });
});

describe('an interval', () => {
  it('without errors ends where the exact bound does', () => {
    const n = 500;
    const estimate = estimateRate(independent('false-non-match', scoresWith(0, n, 70, 90)), options);
    const { lower, upper } = intervalOf({ ...estimate, designEffect: 1, effectiveComparisons: n }, 0.95);
    expect(lower).toBe(0);
    expect(upper).toBeCloseTo(1 - 0.025 ** (1 / n), 4);
    expect(estimate.sampleFloor).toBeGreaterThanOrEqual(3 / n);
  });

  it('says nothing where nothing was compared', () => {
    const estimate = estimateRate(independent('false-match', []), options);
    expect(estimate).toMatchObject({ comparisons: 0, errors: 0, people: 0, sampleFloor: 1 });
    expect(intervalOf(estimate, 0.95)).toEqual({ lower: 0, upper: 1 });
  });
});
