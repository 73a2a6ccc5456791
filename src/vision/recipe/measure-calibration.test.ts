import { describe, expect, it } from 'vitest';
import { calibrationFrom } from './calibration.ts';
import { LEAST_GENUINE, LEAST_IMPOSTORS } from './fit-calibration.ts';
import { LabelledPairsError, readLabelledPairs } from './labelled-pairs.ts';
import { calibrationOfScores, SampleTooSmallError, scoreLabelledPairs } from './measure-calibration.ts';

const head = 'fold\tsame\ta\tb';
const file = (...lines: string[]) => [head, ...lines].join('\n');
const facts = {
  format: 1,
  modelVersion: '2.0',
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

describe('labelled pairs', () => {
  it('take the folder of an image for its person, and join folders that a pair says are one', () => {
    const { images, people } = readLabelledPairs(
      file('0\t1\tann/1.jpg\tann/2.jpg', '0\t0\tann/1.jpg\tbob/1.jpg', '1\t1\tbob/1.jpg\trobert/1.jpg\r', ''),
    );
    expect(images).toEqual(['ann/1.jpg', 'ann/2.jpg', 'bob/1.jpg', 'robert/1.jpg']);
    const [ann, other, bob, robert] = people ?? [];
    expect([ann === other, bob === robert, ann === bob]).toEqual([true, true, false]);
  });

  it('know only themselves where folders say nothing', () => {
    expect(readLabelledPairs(file('0\t0\tall/1.jpg\tall/2.jpg')).people).toBeUndefined();
    expect(readLabelledPairs(file('0\t0\t1.jpg\tall/2.jpg')).people).toBeUndefined();
  });

  it.each([
    ['no head', '0\t1\ta/1\ta/2', /must begin with/],
    ['a label of neither kind', file('0\tyes\ta/1\ta/2'), /line 2/],
    ['an image with itself', file('0\t1\ta/1\ta/2', '0\t1\ta/1\ta/1'), /line 3/],
    ['labels that contradict each other', file('0\t1\ta/1\tb/1', '0\t0\ta/2\tb/2'), /different people/],
  ])('refuse %s', (_, text, message) => {
    expect(() => readLabelledPairs(text)).toThrow(LabelledPairsError);
    expect(() => readLabelledPairs(text)).toThrow(message);
  });
});

describe('scores of labelled pairs', () => {
  const pairs = readLabelledPairs(
    file('0\t1\ta/1\ta/2', '0\t1\ta/1\ta/3', '0\t0\ta/1\tb/1', '0\t0\tb/1\tc/1', '0\t0\tc/1\td/1'),
  );
  // a/1, a/2, a/3 (no face), b/1, c/1, d/1
  const templates = [[1, 0], [0.8, 0.6], undefined, [0, 1], [0.6, 0.8], [-1, 0]].map(
    (one) => one && Float32Array.from(one),
  );

  it('are of every two images of different people, and miss who has no face', () => {
    const scores = scoreLabelledPairs(pairs, templates, () => false);
    expect(scores).toMatchObject({ images: 5, people: 4, labelErrorsLeftOut: 0 });
    expect(scores.impostors).toHaveLength(9);
    expect([...scores.genuine]).toEqual([expect.closeTo(0.8, 5), -Infinity]);
    expect(scores.mostAlike[0]).toEqual({ a: 'a/2', b: 'c/1', score: expect.closeTo(0.96, 5) });
  });

  it('leave out what is one person under two labels, and every so manieth above the most', () => {
    const scores = scoreLabelledPairs(pairs, templates, (a, b) => a === 1 && b === 4);
    expect(scores).toMatchObject({ labelErrorsLeftOut: 1 });
    expect(scores.impostors).toHaveLength(8);
    expect(scoreLabelledPairs(pairs, templates, () => false, 3).impostors).toHaveLength(3);
  });

  it('are of the labelled pairs only where nothing else is known', () => {
    const scores = scoreLabelledPairs({ ...pairs, people: undefined }, templates, () => false);
    expect(scores.people).toBeUndefined();
    expect(scores.impostors).toHaveLength(3);
  });
});

describe('the calibration of scores', () => {
  const count = LEAST_IMPOSTORS;
  const impostors = Float32Array.from({ length: count }, (_, i) => -Math.log10((i + 0.5) / count) / 10);
  const genuine = new Float32Array(LEAST_GENUINE).fill(0.45);

  it('is fitted as that of the release', () => {
    const calibration = calibrationFrom(calibrationOfScores({ impostors, genuine, people: 700 }, facts));
    expect(calibration.similarityOf(0.3)).toBeCloseTo(60, 0);
    expect(calibration.scoreOf(80)).toBeCloseTo(0.4, 1);
  });

  it('is refused with how many pairs more it needs', () => {
    const few = { impostors: impostors.slice(0, 10), genuine: genuine.slice(0, 299), people: 5 };
    expect(() => calibrationOfScores(few, facts)).toThrow(SampleTooSmallError);
    expect(() => calibrationOfScores(few, facts)).toThrow(
      /10 pairs of different people, .* more; 299 pairs of one person, and 300 are needed, 1 more.*about 6\d\d people/,
    );
    expect(() => calibrationOfScores({ ...few, people: undefined }, facts)).toThrow(/folder of its person/);
  });

  it('is refused where a net tells nobody apart', () => {
    const flat = impostors.map(() => 0.5);
    expect(() => calibrationOfScores({ impostors: flat, genuine, people: 700 }, facts)).toThrow(/the very same score/);
  });
});
