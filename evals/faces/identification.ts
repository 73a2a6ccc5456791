import type { Matrix } from '../train/matrix.ts';
import type { Lfw } from './lfw.ts';
import { seededRandom, shuffled } from './random.ts';

/** A threshold of the search, named by its similarity. */
export interface SearchThreshold {
  readonly similarity: number;
  /** On the scale of the scores. */
  readonly score: number;
  /** The false-match rate that the similarity stands for. */
  readonly rate: number;
}

/** One-to-many search at one gallery size and threshold, over several draws of the gallery. */
export interface Identification {
  readonly gallery: number;
  readonly similarity: number;
  /** Searches of people who are enrolled, and the share that did not bring their own face first and above the threshold. */
  readonly matedSearches: number;
  readonly missedMates: number;
  /** Searches of people who are not enrolled, and how many faces a search wrongly brought, in the mean. */
  readonly unmatedSearches: number;
  readonly falseCandidates: number;
  /** Share of those searches that brought any. */
  readonly falseAlarms: number;
  /** Gallery size times the rate the similarity stands for. */
  readonly expectedFalseCandidates: number;
}

/** Fixed, so that two runs draw the same galleries. */
const SEED = 20;
const DRAWS = 10;

/**
 * Enrols one face of each of N people and searches with all other faces.
 *
 * @param scores `[images, images]`, cross-validated
 * @param galleries sizes below the number of people, so that some stay unenrolled
 * @param isExcluded leaves pairs of images out of the candidates
 */
export function identify(
  scores: Matrix<Float32Array>,
  lfw: Lfw,
  galleries: readonly number[],
  thresholds: readonly SearchThreshold[],
  isExcluded: (a: number, b: number) => boolean = () => false,
): Identification[] {
  const random = seededRandom(SEED);
  const facesOf = new Map<number, number[]>();
  lfw.images.forEach(({ person }, i) => {
    facesOf.set(person, [...(facesOf.get(person) ?? []), i]);
  });
  return galleries.flatMap((size) => {
    const tallies = thresholds.map(() => ({ mated: 0, missed: 0, unmated: 0, candidates: 0, alarms: 0 }));
    for (let draw = 0; draw < DRAWS; draw++) {
      const enrolled = new Map(
        shuffled([...facesOf.keys()], random)
          .slice(0, size)
          .map((person) => [person, shuffled(facesOf.get(person) ?? [], random)[0] ?? 0]),
      );
      const gallery = [...enrolled.values()];
      lfw.images.forEach(({ person }, probe) => {
        const mate = enrolled.get(person);
        if (mate === probe) return;
        const row = gallery.map((face) =>
          isExcluded(probe, face)
            ? Number.NEGATIVE_INFINITY
            : (scores.data[probe * scores.columns + face] ?? Number.NEGATIVE_INFINITY),
        );
        const mateScore = mate === undefined ? undefined : scores.data[probe * scores.columns + mate];
        const best = Math.max(...row);
        thresholds.forEach(({ score }, t) => {
          const tally = tallies[t];
          if (!tally) return;
          if (mateScore === undefined) {
            const candidates = row.reduce((count, x) => count + (x >= score ? 1 : 0), 0);
            tally.unmated++;
            tally.candidates += candidates;
            tally.alarms += candidates > 0 ? 1 : 0;
          } else {
            tally.mated++;
            tally.missed += mateScore < score || mateScore < best ? 1 : 0;
          }
        });
      });
    }
    return thresholds.map(({ similarity, rate }, t): Identification => {
      const tally = tallies[t] ?? { mated: 0, missed: 0, unmated: 0, candidates: 0, alarms: 0 };
      return {
        gallery: size,
        similarity,
        matedSearches: tally.mated,
        missedMates: tally.mated ? tally.missed / tally.mated : 0,
        unmatedSearches: tally.unmated,
        falseCandidates: tally.unmated ? tally.candidates / tally.unmated : 0,
        falseAlarms: tally.unmated ? tally.alarms / tally.unmated : 0,
        expectedFalseCandidates: size * rate,
      };
    });
  });
}
