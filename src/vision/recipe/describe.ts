import { type CalibrationData, calibrationFrom, decadesOfSimilarity, readCalibration } from './calibration.ts';

const GALLERIES = [1_000, 10_000, 100_000, 1_000_000];

/** One row of the printed calibration. */
export interface CalibrationRow {
  readonly similarity: number;
  /** Share of comparisons of two different people that reach the similarity. */
  readonly falseMatchRate: number;
  readonly score: number;
  readonly basis: 'measured' | 'extrapolated';
  /** Share of comparisons of one person with themselves that don't reach it. */
  readonly missedMatchRate: number;
  /** Wrong faces that a search of someone who is not enrolled brings, by size of the gallery. */
  readonly expectedFalseCandidates: readonly { readonly gallery: number; readonly faces: number }[];
}

/** The calibration as rows, lowest similarity first. */
export function calibrationRows(data: CalibrationData): CalibrationRow[] {
  const calibration = calibrationFrom(data);
  const measuredTo = data.knots.at(-1)?.decades ?? 0;
  return data.missedMatches.map(({ similarity, rate }) => {
    const decades = decadesOfSimilarity(similarity);
    const falseMatchRate = 10 ** -decades;
    return {
      similarity,
      falseMatchRate,
      score: calibration.scoreOf(similarity),
      basis: decades <= measuredTo ? 'measured' : 'extrapolated',
      missedMatchRate: rate,
      expectedFalseCandidates: GALLERIES.map((gallery) => ({ gallery, faces: gallery * falseMatchRate })),
    };
  });
}

/**
 * What `likeness models calibration` prints: a table, then what it stands on, what a threshold means for a gallery,
 * and what the calibration does not cover.
 *
 * @throws {UnknownFaceModelError} when this release has no such version
 */
export function describeCalibration(modelVersion: string): string {
  return calibrationText(readCalibration(modelVersion));
}

/** The text of {@link describeCalibration} for given data. */
export function calibrationText(data: CalibrationData): string {
  const head = ['similarity', 'false matches', 'score', 'basis', 'missed', ...GALLERIES.map((n) => `in ${grouped(n)}`)];
  const rows = calibrationRows(data).map((row) => [
    String(row.similarity),
    `1 in ${about(1 / row.falseMatchRate)}`,
    row.score.toFixed(4),
    row.basis,
    `${(100 * row.missedMatchRate).toFixed(1)} %`,
    ...row.expectedFalseCandidates.map(({ faces }) => amount(faces)),
  ]);
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
  const { measuredOn, knots } = data;
  const deepest = knots.at(-1);
  const limit = 10 ** (deepest?.decades ?? 0);
  return [
    `Calibration of ${data.modelVersion}, ${data.date}`,
    '',
    line(head),
    ...rows.map(line),
    '',
    'false matches: of comparisons of two different people, how many reach the similarity.',
    'missed: of comparisons of one person with themselves, how many do not reach it.',
    'in N: wrong faces to expect when someone who is not enrolled is searched for in N faces (N times the rate);',
    '  the same threshold that is strict for comparing two photos brings wrong faces in a large collection.',
    '',
    `Measured on ${grouped(measuredOn.impostorPairs)} pairs of different people and ${grouped(measuredOn.genuinePairs)} of one person`,
    `(${grouped(measuredOn.images)} images, ${grouped(measuredOn.people)} people; ${measuredOn.dataSet}):`,
    `${measuredOn.method}.`,
    `${measuredOn.labelErrorsLeftOut} pairs that show one person under two labels were left out.`,
    `Beyond 1 in ${about(limit)} fewer than ${deepest?.falseMatches ?? 0} false matches were seen: the curve there is extrapolated.`,
    '',
    'Not covered:',
    ...data.doesNotCover.map((text) => `- ${text}`),
  ].join('\n');
}

function grouped(n: number): string {
  return n.toLocaleString('en-US');
}

/** Two significant digits: no rate is known better. */
function about(n: number): string {
  return grouped(Number(n.toPrecision(2)));
}

function amount(x: number): string {
  if (x >= 10) return about(x);
  return Number(x.toPrecision(2)).toString();
}
