import { describe, expect, it } from 'vitest';
import { zeros32 } from '../train/matrix.ts';
import { identify } from './identification.ts';
import type { Lfw } from './lfw.ts';
import { areaUnderCurve, bestThreshold, verify } from './verification.ts';

/** Two faces of each person; person p lies in fold p % 2. */
function buildFaces(
  people: number,
  scoreOf: (a: number, b: number) => number,
): { lfw: Lfw; scores: ReturnType<typeof zeros32> } {
  const images = Array.from({ length: people * 2 }, (_, i) => {
    const person = Math.floor(i / 2);
    return { path: `${i}`, sha256: `${i}`, person, fold: person % 2 };
  });
  const pairs = images.flatMap(({ person, fold }, i) =>
    i % 2 === 1
      ? []
      : [
          { fold, same: true, a: i, b: i + 1 },
          { fold, same: false, a: i, b: (i + 4) % images.length },
        ].map((pair) => ({ ...pair, fold: person % 2 })),
  );
  const scores = zeros32(images.length, images.length);
  for (let a = 0; a < images.length; a++) {
    for (let b = 0; b < images.length; b++) scores.data[a * images.length + b] = scoreOf(a, b);
  }
  return { lfw: { images, pairs, people }, scores };
}

const samePerson = (a: number, b: number): boolean => Math.floor(a / 2) === Math.floor(b / 2);

describe('verification', () => {
  it('is perfect where every true match scores above every false one', () => {
    const { lfw, scores } = buildFaces(20, (a, b) => (samePerson(a, b) ? 0.9 : 0.1 + ((a * b) % 7) / 100));
    const result = verify(scores, lfw);
    expect(result).toMatchObject({ accuracy: 1, auc: 1, impostorPairs: 40 * 39 * 0.5 - 20 });
    expect(result.operatingPoints.every(({ tar }) => tar === 1)).toBe(true);
  });

  it('counts a pair with a face that was not found as an error, whichever label it bears', () => {
    const { lfw, scores } = buildFaces(20, (a, b) => {
      if (a === 0 || b === 0) return Number.NEGATIVE_INFINITY;
      return samePerson(a, b) ? 0.9 : 0.1;
    });
    const touched = lfw.pairs.filter(({ a, b }) => a === 0 || b === 0).length;
    expect(verify(scores, lfw).accuracy).toBeCloseTo(1 - touched / lfw.pairs.length, 10);
  });

  it('sets the threshold of a rate at that share of all pairs of different people', () => {
    const { lfw, scores } = buildFaces(30, (a, b) => (samePerson(a, b) ? 0.5 : ((a * 60 + b) % 1000) / 1000));
    const point = verify(scores, lfw).operatingPoints[0];
    const above = lfw.images.flatMap((_, a) =>
      lfw.images.filter((__, b) => b > a && !samePerson(a, b) && scores.data[a * 60 + b]! > point!.threshold),
    );
    expect(above.length).toBeLessThanOrEqual(point!.falseMatches);
    expect(point!.falseMatches).toBe(Math.floor((60 * 59 * 0.5 - 30) / 100));
  });

  it('chooses the threshold between the scores that it parts', () => {
    const pairs = [0.9, 0.8, 0.3].map((score) => ({ score, same: score > 0.5 }));
    expect(bestThreshold(pairs)).toBeCloseTo(0.55, 10);
  });

  it('measures the area under the curve with ties counted half', () => {
    expect(areaUnderCurve([0.9, 0.5], [0.5, 0.1])).toBe(0.875);
  });
});

describe('identification', () => {
  const thresholds = [{ similarity: 80, score: 0.5, rate: 1e-4 }];

  it('finds every mate and nobody else where people are far apart', () => {
    const { lfw, scores } = buildFaces(30, (a, b) => (samePerson(a, b) ? 0.9 : 0.1));
    const [result] = identify(scores, lfw, [10], thresholds);
    expect(result).toMatchObject({ gallery: 10, missedMates: 0, falseCandidates: 0, falseAlarms: 0 });
    expect(result?.matedSearches).toBe(10 * 10);
    expect(result?.unmatedSearches).toBe(10 * 40);
  });

  it('counts each wrong face of a search and a mate that is not first', () => {
    const { lfw, scores } = buildFaces(30, (a, b) => (samePerson(a, b) ? 0.6 : 0.7));
    const [result] = identify(scores, lfw, [10], thresholds);
    expect(result).toMatchObject({ missedMates: 1, falseCandidates: 10, falseAlarms: 1 });
    expect(result?.expectedFalseCandidates).toBeCloseTo(0.001, 10);
  });
});
