import { describe, expect, it } from 'vitest';
import { wordConfidence } from './confidence.ts';

describe('the confidence of a word', () => {
  it('rises with the mean probability of its letters, from near 0 to near 100 and never beyond', () => {
    const told = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1].map((mean) => wordConfidence([mean, mean]));
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told[0]).toBeGreaterThanOrEqual(0);
    expect(told[1]).toBeLessThan(15);
    expect(told.at(-1)).toBeGreaterThan(99.5);
    expect(told.at(-1)).toBeLessThanOrEqual(100);
  });

  it('is what was measured: about 80 where the letters have 0.91', () => {
    expect(wordConfidence([0.908])).toBeCloseTo(80, 0);
    expect(wordConfidence([0.858, 0.958])).toBeCloseTo(wordConfidence([0.908]), 9);
  });
});
