import { describe, expect, it } from 'vitest';
import { calibrationFrom } from './calibration.ts';
import { fitCalibration, LEAST_IMPOSTORS } from './fit-calibration.ts';

const facts = {
  format: 1,
  modelVersion: '1.1',
  dimensions: 128,
  date: '2026-01-01',
  measuredOn: {
    dataSet: 'made up',
    images: 0,
    people: 0,
    impostorPairs: 0,
    genuinePairs: 0,
    labelErrorsLeftOut: 0,
    method: 'none',
  },
  doesNotCover: [],
} as const;

/** Scores of which a share of 10^-10s lies above each s: a decade per tenth. */
const exponential = Float32Array.from({ length: 300_000 }, (_, i) => -Math.log10((i + 0.5) / 300_000) / 10);

describe('fitting a calibration', () => {
  const data = fitCalibration({ impostors: exponential, genuine: Float32Array.of(-Infinity, 0.35, 0.45, 0.9) }, facts);

  it('finds the score that a known share of different people reaches', () => {
    const { scoreOf } = calibrationFrom(data);
    expect(scoreOf(40)).toBeCloseTo(0.2, 3);
    expect(scoreOf(60)).toBeCloseTo(0.3, 3);
    expect(scoreOf(80)).toBeCloseTo(0.4, 2);
  });

  it('measures no further than 30 false matches and goes on along the same slope', () => {
    expect(data.knots.at(-1)).toMatchObject({ decades: 4, falseMatches: 30 });
    expect(data.tail.decadesPerScore).toBeCloseTo(10, 0);
    expect(calibrationFrom(data).scoreOf(99)).toBeCloseTo(0.6, 1);
  });

  it('counts the share of true matches that a similarity misses, faces that were not found included', () => {
    const missed = new Map(data.missedMatches.map(({ similarity, rate }) => [similarity, rate]));
    expect(missed.get(60)).toBe(0.25);
    expect(missed.get(80)).toBe(0.5);
    expect(missed.get(99)).toBe(0.75);
  });

  it('needs as many pairs as it says, and not one more', () => {
    const some = (count: number) => exponential.filter((_, i) => i % (300_000 / count) < 1).slice(0, count);
    const genuine = exponential.slice(0, 300);
    expect(() => fitCalibration({ impostors: some(LEAST_IMPOSTORS), genuine }, facts)).not.toThrow();
    expect(() => fitCalibration({ impostors: some(LEAST_IMPOSTORS - 2), genuine }, facts)).toThrow(RangeError);
  });

  it('refuses pairs too few to bear a tail', () => {
    expect(() => fitCalibration({ impostors: exponential.slice(0, 200), genuine: exponential }, facts)).toThrow(
      RangeError,
    );
  });
});
