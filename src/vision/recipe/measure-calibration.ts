import type { FaceTemplate } from '../faces.ts';
import type { CalibrationData } from './calibration.ts';
import { RecipeCorruptError } from './errors.ts';
import { type CalibrationFacts, fitCalibration, LEAST_GENUINE, LEAST_IMPOSTORS } from './fit-calibration.ts';
import type { LabelledPairs } from './labelled-pairs.ts';

/** Labelled pairs that bear no calibration; the message says how many more there must be. */
export class SampleTooSmallError extends Error {
  override readonly name = 'SampleTooSmallError';
}

/** Scores of labelled pairs. */
export interface PairScores {
  /** Of pairs of different people. */
  readonly impostors: Float32Array;
  /** Of pairs of one person; -Infinity where a face was not found. */
  readonly genuine: Float32Array;
  /** Pairs that were left out because their images are known, or seen, to show one person. */
  readonly labelErrorsLeftOut: number;
  /** Images in which a face was found, and the people that they show where that is known. */
  readonly images: number;
  readonly people: number | undefined;
  /** Pairs of different people that are most alike, the first the most: for human eyes. */
  readonly mostAlike: readonly { readonly a: string; readonly b: string; readonly score: number }[];
}

/** Above it, every so manieth pair is scored, so that scores take at most 200 MB. */
const MOST_IMPOSTORS = 50_000_000;
const ALIKE_TOLD = 5;

/**
 * Scores the labelled pairs of one person and every two images of different people, or the labelled ones where only
 * those are known.
 *
 * @param templates of each image; undefined where no face was found
 * @param isOnePerson whether two images, labelled as different people, show one all the same
 */
export function scoreLabelledPairs(
  { images, same, different, people }: LabelledPairs,
  templates: readonly (FaceTemplate | undefined)[],
  isOnePerson: (a: number, b: number) => boolean,
  mostImpostors = MOST_IMPOSTORS,
): PairScores {
  const found = [...images.keys()].filter((i) => templates[i] !== undefined);
  const score = (a: number, b: number): number => {
    const [one, other] = [templates[a], templates[b]];
    if (!one || !other) return Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let i = 0; i < one.length; i++) sum += (one[i] as number) * (other[i] as number);
    return sum;
  };
  function* pairs(): Generator<readonly [number, number]> {
    if (people === undefined) {
      for (const [a, b] of different) if (templates[a] && templates[b]) yield [a, b];
      return;
    }
    for (const [i, a] of found.entries()) {
      for (let j = i + 1; j < found.length; j++) {
        const b = found[j] as number;
        if (people[a] !== people[b]) yield [a, b];
      }
    }
  }
  let total = 0;
  for (const _ of pairs()) total++;
  const step = Math.max(1, Math.ceil(total / mostImpostors));
  const impostors = new Float32Array(Math.ceil(total / step));
  const mostAlike: { a: string; b: string; score: number }[] = [];
  let [seen, kept, labelErrorsLeftOut] = [0, 0, 0];
  for (const [a, b] of pairs()) {
    if (seen++ % step !== 0) continue;
    if (isOnePerson(a, b)) {
      labelErrorsLeftOut++;
      continue;
    }
    const value = score(a, b);
    impostors[kept++] = value;
    if (mostAlike.length < ALIKE_TOLD || value > (mostAlike.at(-1)?.score ?? 0)) {
      mostAlike.push({ a: images[a] as string, b: images[b] as string, score: value });
      mostAlike.sort((one, other) => other.score - one.score);
      mostAlike.length = Math.min(mostAlike.length, ALIKE_TOLD);
    }
  }
  return {
    impostors: impostors.slice(0, kept),
    genuine: Float32Array.from(same, ([a, b]) => score(a, b)),
    labelErrorsLeftOut,
    images: found.length,
    people: people && new Set(found.map((i) => people[i])).size,
    mostAlike,
  };
}

/**
 * Fits a calibration of scores, as those of this release were fitted.
 *
 * @throws {SampleTooSmallError} when the pairs cannot bear it
 */
export function calibrationOfScores(
  { impostors, genuine, people }: Pick<PairScores, 'impostors' | 'genuine' | 'people'>,
  facts: CalibrationFacts,
): CalibrationData {
  const missing = [
    ...shortage('different people', impostors.length, LEAST_IMPOSTORS),
    ...shortage('one person', genuine.length, LEAST_GENUINE),
  ];
  if (missing.length > 0) {
    const advice =
      people === undefined
        ? 'Only the pairs of the file are known: where each image lies in a folder of its person, every two images of different folders are compared.'
        : `Every two images of different people are compared, so about ${Math.ceil(Math.sqrt(2 * LEAST_IMPOSTORS)) + 1} people with an image each are enough for that part.`;
    throw new SampleTooSmallError(`These pairs cannot bear a calibration: ${missing.join('; ')}. ${advice}`);
  }
  try {
    return fitCalibration({ impostors, genuine }, facts);
  } catch (cause) {
    if (!(cause instanceof RecipeCorruptError || cause instanceof RangeError)) throw cause;
    throw new SampleTooSmallError(
      'These pairs cannot bear a calibration: too many pairs of different people have the very same score.',
      { cause },
    );
  }
}

function shortage(what: string, there: number, least: number): string[] {
  if (there >= least) return [];
  const said = (n: number): string => n.toLocaleString('en-US');
  return [`${said(there)} pairs of ${what}, and ${said(least)} are needed, ${said(least - there)} more`];
}
