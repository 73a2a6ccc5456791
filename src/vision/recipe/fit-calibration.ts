import { type CalibrationData, type CalibrationKnot, calibrationFrom } from './calibration.ts';

/** Fewest false matches a measured point of the curve must stand on: its rate is then known to about a fifth. */
export const LEAST_FALSE_MATCHES = 30;
const DECADES_PER_KNOT = 0.25;
/** The tail's slope is fitted from here on. */
const TAIL_FROM = 3.5;
/** Below this many pairs of different people the tail would stand on fewer than three points. */
export const LEAST_IMPOSTORS = Math.ceil(LEAST_FALSE_MATCHES * 10 ** (TAIL_FROM + 1.5 * DECADES_PER_KNOT)) + 1;
/** Fewest pairs of one person: a share of missed matches is then known to about 3 points (one standard error). */
export const LEAST_GENUINE = 300;
const STATED_SIMILARITIES = [50, 60, 70, 80, 85, 90, 95, 99, 99.9];

/** What a calibration is fitted on: cross-validated scores, brought to the scale of the shipped constants. */
export interface CalibrationInput {
  /** Scores of pairs of different people. */
  readonly impostors: Float32Array;
  /** Scores of pairs of one person; -Infinity where a face was not found. */
  readonly genuine: Float32Array;
}

/** The part of a calibration that is not fitted. */
export type CalibrationFacts = Omit<CalibrationData, 'knots' | 'tail' | 'missedMatches'>;

/**
 * Fits a calibration: knots every quarter decade as far as 30 false matches bear them, a straight tail beyond.
 *
 * @throws {RangeError} when the pairs bear less than the tail needs
 */
export function fitCalibration({ impostors, genuine }: CalibrationInput, facts: CalibrationFacts): CalibrationData {
  const ascending = impostors.slice().sort();
  const deepest = Math.log10(ascending.length / LEAST_FALSE_MATCHES);
  const knots: CalibrationKnot[] = [];
  for (let decades = 0; decades < deepest - DECADES_PER_KNOT / 2; decades += DECADES_PER_KNOT) {
    knots.push(knotAt(ascending, decades));
  }
  knots.push(knotAt(ascending, deepest));
  const decadesPerScore = round(slopeOf(knots.filter(({ decades }) => decades >= TAIL_FROM)), 3);
  const curve = { ...facts, knots, tail: { decadesPerScore, fittedFrom: TAIL_FROM }, missedMatches: [] };
  const calibration = calibrationFrom(curve);
  const missedMatches = STATED_SIMILARITIES.map((similarity) => {
    const score = calibration.scoreOf(similarity);
    const missed = genuine.reduce((count, x) => count + (x < score ? 1 : 0), 0);
    return { similarity, rate: round(missed / genuine.length, 4) };
  });
  return { ...curve, missedMatches };
}

function knotAt(ascending: Float32Array, decades: number): CalibrationKnot {
  const falseMatches = Math.round(ascending.length * 10 ** -decades);
  const lowest = ascending[ascending.length - falseMatches] ?? 0;
  const nextBelow = ascending[ascending.length - falseMatches - 1] ?? lowest;
  return { decades: round(decades, 4), score: round((lowest + nextBelow) / 2, 5), falseMatches };
}

/** Decades per unit of score, by least squares. */
function slopeOf(knots: readonly CalibrationKnot[]): number {
  if (knots.length < 3) throw new RangeError('too few pairs to fit the tail of the calibration');
  const meanScore = knots.reduce((sum, knot) => sum + knot.score, 0) / knots.length;
  const meanDecades = knots.reduce((sum, knot) => sum + knot.decades, 0) / knots.length;
  let across = 0;
  let along = 0;
  for (const { score, decades } of knots) {
    across += (score - meanScore) * (decades - meanDecades);
    along += (score - meanScore) ** 2;
  }
  return across / along;
}

function round(x: number, digits: number): number {
  return Math.round(x * 10 ** digits) / 10 ** digits;
}
