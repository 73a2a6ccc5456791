import { expect, test } from 'vitest';
import { percentile, seededRandom, shuffled, summarise } from './stats.ts';

test('a percentile lies between the neighbours it falls between, whatever the order', () => {
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(percentile([10, 0], 0.95)).toBeCloseTo(9.5);
  expect(percentile([7], 0.95)).toBe(7);
});

test('a summary tells count, mean, median and minimum', () => {
  expect(summarise([1, 2, 9])).toMatchObject({ count: 3, mean: 4, p50: 2, min: 1 });
});

test('the same seed shuffles the same way and loses nothing', () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8];
  const once = shuffled(items, seededRandom(5));
  expect(shuffled(items, seededRandom(5))).toEqual(once);
  expect(shuffled(items, seededRandom(6))).not.toEqual(once);
  expect([...once].sort()).toEqual(items);
});
