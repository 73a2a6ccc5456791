import { describe, expect, it } from 'vitest';
import { rateOf } from './interval.ts';

describe('a rate of few trials', () => {
  it('has the interval that Wilson gives', () => {
    // R: prop.test(3, 10, correct = FALSE)$conf.int
    const { rate = 0, low = 0, high = 0 } = rateOf(3, 10) ?? {};
    expect([rate, low, high].map((value) => value.toFixed(4))).toEqual(['0.3000', '0.1078', '0.6032']);
  });

  it('is not sure of never and always', () => {
    expect(rateOf(0, 5)).toMatchObject({ rate: 0, low: 0 });
    expect(rateOf(0, 5)?.high).toBeCloseTo(0.4345, 3);
    expect(rateOf(5, 5)?.low).toBeCloseTo(0.5655, 3);
  });

  it('is none without trials', () => {
    expect(rateOf(0, 0)).toBeUndefined();
  });
});
