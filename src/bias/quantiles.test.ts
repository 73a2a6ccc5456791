import { describe, expect, it } from 'vitest';
import { betaQuantile, incompleteBeta, studentQuantile } from './quantiles.ts';

describe('the incomplete beta function', () => {
  it('is x itself for the even distribution, and a polynomial for whole numbers', () => {
    expect(incompleteBeta(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    // P(at least 2 of 3 heads with p = 0.4) = 3 * 0.16 * 0.6 + 0.064
    expect(incompleteBeta(0.4, 2, 2)).toBeCloseTo(0.352, 12);
  });

  it('holds for the large counts of comparisons', () => {
    expect(incompleteBeta(0.5, 50_000, 50_000)).toBeCloseTo(0.5, 9);
  });
});

describe('a quantile', () => {
  it('of the beta distribution gives the exact bound for no errors', () => {
    const n = 1000;
    expect(betaQuantile(0.95, 1, n)).toBeCloseTo(1 - 0.05 ** (1 / n), 12);
  });

  it('of the t distribution is the tabulated one, and the normal one in the limit', () => {
    expect(studentQuantile(0.975, 1)).toBeCloseTo(12.7062, 3);
    expect(studentQuantile(0.975, 10)).toBeCloseTo(2.22814, 4);
    expect(studentQuantile(0.975, Number.POSITIVE_INFINITY)).toBeCloseTo(1.95996, 4);
  });
});
