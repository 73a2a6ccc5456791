import { readData } from '../../shared/package-root.ts';
import { PackMissingError, UncalibratedFaceModelError, UnknownFaceModelError } from '../errors.ts';
import type { FaceCalibration, FaceModels } from '../faces.ts';
import { RecipeCorruptError } from './errors.ts';
import { type FaceProfileName, profileNamed, profileOfModelVersion, profiles, sfaceProfile } from './profiles.ts';

/** One point of the measured curve. */
export interface CalibrationKnot {
  /** -log10 of the false-match rate: 4 is one false match in 10,000 comparisons of different people. */
  readonly decades: number;
  /** The score above which that share of different people's pairs lies. */
  readonly score: number;
  /** How many pairs of different people lay above it. */
  readonly falseMatches: number;
}

/** The calibration of one model version as it stands in data/. */
export interface CalibrationData {
  readonly format: 1;
  readonly modelVersion: string;
  readonly dimensions: number;
  readonly date: string;
  readonly measuredOn: {
    readonly dataSet: string;
    readonly images: number;
    readonly people: number;
    readonly impostorPairs: number;
    readonly genuinePairs: number;
    readonly labelErrorsLeftOut: number;
    readonly method: string;
  };
  /** Ascending in both, measured with at least 30 false matches each. */
  readonly knots: readonly CalibrationKnot[];
  /** Beyond the last knot the curve is a straight line of this many decades per unit of score, fitted to the knots from `fittedFrom` on. */
  readonly tail: { readonly decadesPerScore: number; readonly fittedFrom: number };
  /** Share of pairs of one person that lie below the score of a similarity, on the labelled pairs. */
  readonly missedMatches: readonly { readonly similarity: number; readonly rate: number }[];
  readonly doesNotCover: readonly string[];
}

/**
 * From here on, 1 in 100 million, every similarity is 100: far beyond what any data set can show, and below the 9
 * decades that the least of 763 photos reached when compared with itself.
 */
const CERTAIN_DECADES = 8;

/**
 * The similarity that stands for a false-match rate: 20 points a decade up to 80 at 1 in 10,000, then 90 at 1 in
 * 100,000, 99 at 1 in a million, 99.9 at 1 in 10 million, and 100 from 1 in 100 million on.
 *
 * @param decades -log10 of the rate, 0 and above
 * @returns 0..100
 */
export function similarityOfDecades(decades: number): number {
  if (decades <= 0) return 0;
  if (decades <= 4) return 20 * decades;
  if (decades <= 5) return 80 + 10 * (decades - 4);
  if (decades <= 6) return 90 + 9 * (decades - 5);
  return decades < CERTAIN_DECADES ? 100 - 10 ** (6 - decades) : 100;
}

/**
 * The inverse of {@link similarityOfDecades}.
 *
 * @param similarity 0..100
 * @returns the least -log10 of a rate whose similarity reaches this, 0..8
 */
export function decadesOfSimilarity(similarity: number): number {
  if (similarity <= 0) return 0;
  if (similarity <= 80) return similarity / 20;
  if (similarity <= 90) return 4 + (similarity - 80) / 10;
  if (similarity <= 99) return 5 + (similarity - 90) / 9;
  return similarity >= 100 ? CERTAIN_DECADES : Math.min(6 - Math.log10(100 - similarity), CERTAIN_DECADES);
}

/**
 * Builds the two-way map between score and similarity from its data.
 *
 * @throws {RecipeCorruptError} when the knots do not ascend
 */
export function calibrationFrom(data: CalibrationData): FaceCalibration {
  const { knots } = data;
  const first = knots[0];
  const last = knots.at(-1);
  const ascends = knots.every((knot, i) => {
    const before = knots[i - 1];
    return !before || (knot.score > before.score && knot.decades > before.decades);
  });
  if (data.format !== 1 || !first || !last || !ascends || !(data.tail.decadesPerScore > 0)) {
    throw new RecipeCorruptError(`calibration of ${data.modelVersion}`, 'its curve does not ascend');
  }
  const decadesOfScore = (score: number): number => {
    if (score >= last.score) return last.decades + (score - last.score) * data.tail.decadesPerScore;
    if (score <= first.score) return first.decades;
    const [low, high] = around(knots, (knot) => knot.score, score);
    return low.decades + ((score - low.score) / (high.score - low.score)) * (high.decades - low.decades);
  };
  const scoreOfDecades = (decades: number): number => {
    if (decades >= last.decades) return last.score + (decades - last.decades) / data.tail.decadesPerScore;
    const [low, high] = around(knots, (knot) => knot.decades, decades);
    return low.score + ((decades - low.decades) / (high.decades - low.decades)) * (high.score - low.score);
  };
  return {
    modelVersion: data.modelVersion,
    dimensions: data.dimensions,
    similarityOf: (score) => similarityOfDecades(decadesOfScore(score)),
    scoreOf: (similarity) =>
      similarity <= 0 ? Number.NEGATIVE_INFINITY : scoreOfDecades(decadesOfSimilarity(similarity)),
  };
}

function around(
  knots: readonly CalibrationKnot[],
  key: (knot: CalibrationKnot) => number,
  at: number,
): readonly [CalibrationKnot, CalibrationKnot] {
  let low = knots[0];
  for (const knot of knots) {
    if (low && key(knot) >= at && knot !== low) return [low, knot];
    low = knot;
  }
  throw new RangeError(`${at} lies outside the calibration's knots`);
}

/**
 * Reads the calibration of a model version that comes with this release.
 *
 * @throws {UnknownFaceModelError} when this release has no such version
 */
export function readCalibration(modelVersion: string): CalibrationData {
  return readData<CalibrationData>(`calibration-${profileOfModelVersion(modelVersion).name}.json`);
}

/** How the face model of a pack stands here: its calibration, where it was measured. */
export type PackCalibration = CalibrationData | 'pack-missing' | 'uncalibrated';

/**
 * What this server knows of face models: data only, no net is opened.
 *
 * @param current the profile of new collections
 * @param sface how the model of the pack `sface` stands here
 */
export function faceModels(current: FaceProfileName, sface: PackCalibration = 'pack-missing'): FaceModels {
  const calibrations = new Map(
    Object.values(profiles).map((profile) => [
      profile.modelVersion,
      calibrationFrom(readCalibration(profile.modelVersion)),
    ]),
  );
  if (typeof sface === 'object') calibrations.set(sface.modelVersion, calibrationFrom(sface));
  return {
    current: profileNamed(current).modelVersion,
    versions: [...calibrations.keys()],
    calibration: (modelVersion) => {
      const found = calibrations.get(modelVersion);
      if (!found && modelVersion === sfaceProfile.modelVersion) {
        throw sface === 'uncalibrated'
          ? new UncalibratedFaceModelError(modelVersion)
          : new PackMissingError(sfaceProfile.pack);
      }
      if (!found) throw new UnknownFaceModelError(modelVersion);
      return found;
    },
  };
}
