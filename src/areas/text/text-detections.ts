import { limits, type RequestOf, type ResponseOf } from '../../contract/index.ts';
import type { Point } from '../../shared/geometry.ts';
import { boxAround, shareWithin } from '../../shared/polygons.ts';
import type { Quad, ReadLine, ReadWord } from '../../vision/index.ts';

type TextDetection = NonNullable<ResponseOf<'DetectText'>['TextDetections']>[number];
type WordFilter = NonNullable<RequestOf<'DetectText'>['Filters']>['WordFilter'];

/** Which words an answer tells. */
export interface TextFilter {
  /** 0..100. */
  readonly minConfidence: number;
  /** Of a word's upright box, ratios of the image. */
  readonly minHeight: number;
  readonly minWidth: number;
  /** More than half of a word lies in their union; everywhere when left out. */
  readonly regions?: readonly (readonly Point[])[];
}

/** The filter of a request. @param regions its regions of interest, none for everywhere */
export function textFilter(word: WordFilter, regions: readonly (readonly Point[])[]): TextFilter {
  return {
    minConfidence: word?.MinConfidence ?? limits.defaultWordConfidence,
    minHeight: word?.MinBoundingBoxHeight ?? 0,
    minWidth: word?.MinBoundingBoxWidth ?? 0,
    ...(regions.length > 0 && { regions }),
  };
}

/** A line with those of its words that pass. */
export interface KeptLine {
  readonly line: ReadLine;
  readonly words: readonly ReadWord[];
}

/**
 * The lines that an answer tells: those with a word that passes the filter, until there are as many words as an answer
 * may hold. A line's own text stays whole: one without its doubtful words could say the opposite.
 */
export function keptLines(lines: readonly ReadLine[], filter: TextFilter): readonly KeptLine[] {
  const kept: KeptLine[] = [];
  let room: number = limits.wordsPerImage;
  for (const line of lines) {
    if (room === 0) break;
    const words = line.words.filter((word) => passes(word, filter)).slice(0, room);
    if (words.length === 0) continue;
    room -= words.length;
    kept.push({ line, words });
  }
  return kept;
}

/** Whether lines hold as many words as an answer may. */
export function fillsAnswer(lines: readonly ReadLine[], filter: TextFilter): boolean {
  const words = keptLines(lines, filter).reduce((sum, line) => sum + line.words.length, 0);
  return words >= limits.wordsPerImage;
}

/** Lines as Rekognition tells them: first the lines, then their words, ids in that order. */
export function textDetections(lines: readonly KeptLine[]): TextDetection[] {
  const told = lines.map(({ line }, Id) => ({ ...item(line), Type: 'LINE' as const, Id }));
  const words = lines.flatMap(({ words: of }, ParentId) => of.map((word) => ({ word, ParentId })));
  return [
    ...told,
    ...words.map(({ word, ParentId }, i) => ({ ...item(word), Type: 'WORD' as const, Id: told.length + i, ParentId })),
  ];
}

function passes({ confidence, quad }: ReadWord, filter: TextFilter): boolean {
  if (confidence < filter.minConfidence) return false;
  const { width, height } = boxAround(quad.map(inside));
  if (width < filter.minWidth || height < filter.minHeight) return false;
  return filter.regions === undefined || shareWithin(quad, filter.regions) > 0.5;
}

function item({ text, confidence, quad }: { text: string; confidence: number; quad: Quad }) {
  const corners = quad.map(inside);
  const { left, top, width, height } = boxAround(corners);
  return {
    DetectedText: text,
    Confidence: confidence,
    Geometry: {
      BoundingBox: { Width: width, Height: height, Left: left, Top: top },
      Polygon: corners.map(({ x, y }) => ({ X: x, Y: y })),
    },
  };
}

/** Frames reach a little beyond the letters, and so at its borders beyond the image. */
function inside({ x, y }: Point): Point {
  return { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
}
