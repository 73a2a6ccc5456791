import { describe, expect, it } from 'vitest';
import { UnknownFaceModelError } from '../errors.ts';
import {
  type CalibrationData,
  calibrationFrom,
  decadesOfSimilarity,
  faceModels,
  readCalibration,
  similarityOfDecades,
} from './calibration.ts';
import { calibrationRows, calibrationText, describeCalibration } from './describe.ts';
import { RecipeCorruptError } from './errors.ts';
import { profiles } from './profiles.ts';

const versions = Object.values(profiles).map(({ modelVersion }) => modelVersion);

/** A curve of a decade per tenth of score, measured to 5 decades. */
function buildCalibration(changes: Partial<CalibrationData> = {}): CalibrationData {
  return {
    format: 1,
    modelVersion: '1.1',
    dimensions: 128,
    date: '2026-01-01',
    measuredOn: {
      dataSet: 'made-up faces',
      images: 1000,
      people: 400,
      impostorPairs: 3_000_000,
      genuinePairs: 1500,
      labelErrorsLeftOut: 7,
      method: 'by hand',
    },
    knots: [0, 1, 2, 3, 4, 5].map((decades) => ({
      decades,
      score: decades / 10,
      falseMatches: 3_000_000 / 10 ** decades,
    })),
    tail: { decadesPerScore: 10, fittedFrom: 3.5 },
    missedMatches: [
      { similarity: 80, rate: 0.1 },
      { similarity: 99, rate: 0.4 },
    ],
    doesNotCover: ['children'],
    ...changes,
  };
}

describe('the similarity scale', () => {
  it.each([
    [1e-4, 80],
    [1e-5, 90],
    [1e-6, 99],
    [1e-2, 40],
    [1, 0],
    [1e-7, 99.9],
  ])('gives the false-match rate %d a similarity of %d', (rate, similarity) => {
    expect(similarityOfDecades(-Math.log10(rate))).toBeCloseTo(similarity, 9);
    expect(decadesOfSimilarity(similarity)).toBeCloseTo(-Math.log10(rate), 9);
  });

  it('never falls as the rate falls, and stays within 0..100', () => {
    let before = 0;
    for (let decades = -1; decades < 30; decades += 0.01) {
      const similarity = similarityOfDecades(decades);
      expect(similarity).toBeGreaterThanOrEqual(before);
      expect(similarity).toBeLessThanOrEqual(100);
      before = similarity;
    }
  });
});

describe('a calibration', () => {
  const calibration = calibrationFrom(buildCalibration());

  it('puts the anchors where the curve has their rates', () => {
    expect(calibration.similarityOf(0.4)).toBeCloseTo(80, 6);
    expect(calibration.similarityOf(0.5)).toBeCloseTo(90, 6);
    expect(calibration.similarityOf(0.6)).toBeCloseTo(99, 6);
  });

  it('is its own inverse between 0 and 100', () => {
    for (let similarity = 0.5; similarity < 99.99; similarity += 0.37) {
      expect(calibration.similarityOf(calibration.scoreOf(similarity))).toBeCloseTo(similarity, 6);
    }
  });

  it('reaches 100 at 1 in 100 million', () => {
    expect(calibration.scoreOf(100)).toBeCloseTo(0.8, 9);
    expect(calibration.similarityOf(0.8 + 1e-9)).toBe(100);
    expect(calibration.similarityOf(0.799)).toBeLessThan(99.991);
  });

  it('lets every score pass at 0 and none beyond the ends of the scale', () => {
    expect(calibration.scoreOf(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(calibration.similarityOf(-3)).toBe(0);
    expect(calibration.similarityOf(9)).toBe(100);
  });

  it('refuses a curve that does not ascend', () => {
    const knots = buildCalibration().knots.toReversed();
    expect(() => calibrationFrom(buildCalibration({ knots }))).toThrow(RecipeCorruptError);
    expect(() => calibrationFrom(buildCalibration({ tail: { decadesPerScore: 0, fittedFrom: 3 } }))).toThrow(
      RecipeCorruptError,
    );
  });
});

describe('the text of a calibration', () => {
  it('marks what lies beyond the measured curve and multiplies the rate by the gallery', () => {
    const rows = calibrationRows(buildCalibration());
    expect(rows.map(({ similarity, basis }) => [similarity, basis])).toEqual([
      [80, 'measured'],
      [99, 'extrapolated'],
    ]);
    expect(rows[0]?.expectedFalseCandidates.find(({ gallery }) => gallery === 100_000)?.faces).toBeCloseTo(10, 6);
  });

  it('says rates, what they stand on and what is not covered', () => {
    const text = calibrationText(buildCalibration());
    expect(text).toMatch(/80\s+1 in 10,000\s+0\.4000\s+measured\s+10\.0 %/);
    expect(text).toContain('3,000,000 pairs of different people');
    expect(text).toContain('Beyond 1 in 100,000');
    expect(text).toContain('- children');
  });
});

describe.each(versions)('the shipped calibration of %s', (modelVersion) => {
  const data = readCalibration(modelVersion);
  const calibration = faceModels('accurate').calibration(modelVersion);

  it('belongs to its model version and to templates of 128 numbers', () => {
    expect(data.modelVersion).toBe(modelVersion);
    expect(calibration.dimensions).toBe(128);
  });

  it('stands on at least 30 false matches at every measured point and on a million pairs', () => {
    for (const knot of data.knots) {
      expect(knot.falseMatches).toBeGreaterThanOrEqual(30);
      expect(Math.log10(data.measuredOn.impostorPairs / knot.falseMatches)).toBeCloseTo(knot.decades, 1);
    }
    expect(data.measuredOn.impostorPairs).toBeGreaterThan(1_000_000);
  });

  it('rises with the score and misses more the stricter it is', () => {
    let before = -1;
    for (let score = 0.3; score < 1.1; score += 0.001) {
      const similarity = calibration.similarityOf(score);
      expect(similarity).toBeGreaterThanOrEqual(before);
      before = similarity;
    }
    const missed = data.missedMatches.map(({ rate }) => rate);
    expect(missed).toEqual(missed.toSorted((a, b) => a - b));
  });

  it('lets a photo match its own copy at 100', () => {
    // The least score of a face with itself among 763 photos of LFW.
    const leastOwnScore = { '1.0': 0.9169, '1.1': 0.8502 }[modelVersion];
    expect(calibration.scoreOf(100)).toBeLessThan(leastOwnScore!);
  });

  it('is described with its missed matches at 80, 90 and 99', () => {
    const similarities = calibrationRows(data).map((row) => row.similarity);
    expect(similarities).toEqual(expect.arrayContaining([80, 90, 99]));
    expect(describeCalibration(modelVersion)).toContain(modelVersion);
  });
});

describe('the known face models', () => {
  it('are both profiles, with the chosen one as current', () => {
    expect(faceModels('fast').current).toBe('1.1');
    expect(faceModels('accurate').versions).toEqual(versions);
  });

  it('do not include the version of another release', () => {
    expect(() => faceModels('fast').calibration('likeness-0')).toThrow(UnknownFaceModelError);
    expect(() => describeCalibration('likeness-0')).toThrow(UnknownFaceModelError);
  });
});
