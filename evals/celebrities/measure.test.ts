import { describe, expect, it } from 'vitest';
import { recognizeBy } from './measure.ts';

/** Three people with two photos each: the first is always found, the second looks like the first, the third like nobody. */
const images = [0, 0, 1, 1, 2, 2].map((person, i) => ({ path: `${i}`, sha256: `${i}`, person, fold: 0 }));
const alike = (a: number, b: number): number => {
  const [p, q] = [images[a]?.person, images[b]?.person];
  if (p === q) return p === 0 ? 0.9 : 0.1;
  return p === 2 || q === 2 ? 0 : 0.6;
};
const scores = {
  rows: 6,
  columns: 6,
  data: Float32Array.from({ length: 36 }, (_, i) => alike(Math.floor(i / 6), i % 6)),
};
const at = (score: number) => [{ similarity: 90, score, rate: 1e-5 }];

describe('recognising by a gallery', () => {
  it('counts who is told as themselves, as somebody else, and not at all', () => {
    const [all] = recognizeBy(scores, { images }, [{ people: 3, photosEach: 1 }], at(0.5));
    expect(all).toMatchObject({ mates: 30, strangers: 0, photos: 3 });
    expect([all?.recognized, all?.mistaken, all?.missed]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('counts strangers who are told as somebody, and only those that reach the threshold', () => {
    const two = [{ people: 2, photosEach: 2 }];
    const [low] = recognizeBy(scores, { images }, two, at(0.5));
    const [high] = recognizeBy(scores, { images }, two, at(0.7));
    expect(low?.strangers).toBe(20);
    expect(low?.falselyRecognized).toBeGreaterThan(0);
    expect(low?.falselyRecognized).toBeLessThan(1);
    expect(high?.falselyRecognized).toBe(0);
  });

  it('leaves out pairs that are labelled wrongly', () => {
    const [none] = recognizeBy(scores, { images }, [{ people: 3, photosEach: 1 }], at(0.5), () => true);
    expect(none).toMatchObject({ recognized: 0, mistaken: 0, missed: 1 });
  });
});
