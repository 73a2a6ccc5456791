import { describe, expect, it } from 'vitest';
import { shareWithin } from '../../shared/polygons.ts';
import type { Quad, ReadLine } from '../../vision/index.ts';
import { regionPolygons } from './regions.ts';
import { fillsAnswer, keptLines, textDetections, textFilter } from './text-detections.ts';

const box = (left: number, top: number, width: number, height: number): Quad => [
  { x: left, y: top },
  { x: left + width, y: top },
  { x: left + width, y: top + height },
  { x: left, y: top + height },
];
/** A line of words side by side, each a tenth of the image wide. */
const line = (top: number, ...words: readonly (readonly [text: string, confidence: number])[]): ReadLine => ({
  text: words.map(([text]) => text).join(' '),
  confidence: 90,
  quad: box(0, top, words.length / 10, 0.05),
  words: words.map(([text, confidence], i) => ({ text, confidence, quad: box(i / 10, top, 0.1, 0.05) })),
});
const told = (lines: readonly ReadLine[], ...filter: Parameters<typeof textFilter>) =>
  textDetections(keptLines(lines, textFilter(...filter)));

describe('what DetectText tells', () => {
  const lines = [line(0.1, ['no', 99], ['exit', 85]), line(0.3, ['maybe', 60]), line(0.5, ['open', 95])];

  it('is lines first, then words that name their lines', () => {
    expect(
      told(lines, undefined, []).map(({ Type, Id, ParentId, DetectedText }) => [Type, Id, ParentId, DetectedText]),
    ).toEqual([
      ['LINE', 0, undefined, 'no exit'],
      ['LINE', 1, undefined, 'open'],
      ['WORD', 2, 0, 'no'],
      ['WORD', 3, 0, 'exit'],
      ['WORD', 4, 1, 'open'],
    ]);
  });

  it('is whole lines, though a word of them is too doubtful to be told itself', () => {
    const texts = told(lines, { MinConfidence: 90 }, []).map(({ DetectedText }) => DetectedText);
    expect(texts).toEqual(['no exit', 'open', 'no', 'open']);
  });

  it('stays inside the image', () => {
    const over = { ...line(0.97, ['edge', 99]) };
    const [{ Geometry } = {}] = told([over], undefined, []);
    expect(Math.max(...(Geometry?.Polygon ?? []).map(({ Y }) => Y ?? 2))).toBe(1);
    expect((Geometry?.BoundingBox?.Top ?? 0) + (Geometry?.BoundingBox?.Height ?? 0)).toBeCloseTo(1, 9);
  });

  it('is at most 100 words, and no line beyond the hundredth', () => {
    const many = Array.from({ length: 30 }, (_, i) => line(i / 40, ['a', 99], ['b', 99], ['c', 99], ['d', 99]));
    const found = told(many, undefined, []);
    expect(found.filter(({ Type }) => Type === 'WORD')).toHaveLength(100);
    expect(found.filter(({ Type }) => Type === 'LINE')).toHaveLength(25);
    expect(fillsAnswer(many, textFilter(undefined, []))).toBe(true);
    expect(fillsAnswer(many.slice(0, 24), textFilter(undefined, []))).toBe(false);
    expect(fillsAnswer(many, textFilter({ MinConfidence: 100 }, []))).toBe(false);
  });

  it('leaves out words below the sizes asked for', () => {
    expect(told(lines, { MinBoundingBoxHeight: 0.06 }, [])).toEqual([]);
    expect(told(lines, { MinBoundingBoxWidth: 0.11 }, [])).toEqual([]);
    expect(told(lines, { MinBoundingBoxWidth: 0.09, MinBoundingBoxHeight: 0.04 }, [])).toHaveLength(5);
  });

  it('is held to regions word by word', () => {
    const regions = regionPolygons([{ BoundingBox: { Left: 0, Top: 0, Width: 0.16, Height: 0.2 } }]);
    expect(told(lines, undefined, regions).map(({ DetectedText }) => DetectedText)).toEqual(['no exit', 'no', 'exit']);
    const narrower = regionPolygons([{ BoundingBox: { Left: 0, Top: 0, Width: 0.14, Height: 0.2 } }]);
    expect(told(lines, undefined, narrower).map(({ DetectedText }) => DetectedText)).toEqual(['no exit', 'no']);
  });
});

describe('the share within polygons', () => {
  const quad = box(0.2, 0.2, 0.4, 0.1);
  const whole = box(0, 0, 1, 1);

  it('is that of their union, counted once where they overlap', () => {
    expect(shareWithin(quad, [whole])).toBe(1);
    expect(shareWithin(quad, [])).toBe(0);
    const left = box(0, 0, 0.4, 1);
    expect(shareWithin(quad, [left])).toBeCloseTo(0.5, 2);
    expect(shareWithin(quad, [left, left])).toBeCloseTo(0.5, 2);
    expect(shareWithin(quad, [left, box(0.4, 0, 0.6, 1)])).toBe(1);
  });

  it('takes triangles, concave shapes and corners in either order', () => {
    const triangle = [
      { x: 0.2, y: 0.2 },
      { x: 0.6, y: 0.2 },
      { x: 0.2, y: 0.3 },
    ];
    expect(shareWithin(quad, [triangle])).toBeCloseTo(0.5, 1);
    expect(shareWithin(quad, [triangle.toReversed()])).toBeCloseTo(0.5, 1);
    const notch = [
      { x: 0, y: 0 },
      { x: 1, y: 0 },
      { x: 1, y: 1 },
      { x: 0.4, y: 0.1 },
      { x: 0, y: 1 },
    ];
    expect(shareWithin(quad, [notch])).toBeLessThan(0.7);
    expect(shareWithin(quad, [notch])).toBeGreaterThan(0);
  });
});
