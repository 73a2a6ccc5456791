import type { SearchThreshold } from '../faces/identification.ts';
import type { Lfw } from '../faces/lfw.ts';
import { seededRandom, shuffled } from '../faces/random.ts';
import type { Matrix } from '../train/matrix.ts';

/** What recognising by a gallery gets right and wrong, at one size of the gallery and one MatchConfidence. */
export interface Recognition {
  /** People in the gallery, and photos of each at most. */
  readonly people: number;
  readonly photosEach: number;
  readonly photos: number;
  readonly similarity: number;
  /** Searches with other photos of people of the gallery. */
  readonly mates: number;
  /** Shares of them: told as themselves, told as somebody else, not told. */
  readonly recognized: number;
  readonly mistaken: number;
  readonly missed: number;
  /** Searches with photos of people who are not in it, and the share that was told as somebody. */
  readonly strangers: number;
  readonly falselyRecognized: number;
  /** Photos in the gallery times the rate that the similarity stands for. */
  readonly expectedFalselyRecognized: number;
}

/** Fixed, so that two runs draw the same galleries. */
const seed = 4;
const draws = 10;

/**
 * Enrols some photos of each of so many people and searches with all others, as RecognizeCelebrities does: the person
 * of the one most similar photo is told where it reaches the threshold.
 *
 * @param scores `[images, images]`, by constants learned without the people of both
 * @param isExcluded leaves pairs of images out that the data set labels wrongly
 */
export function recognizeBy(
  scores: Matrix<Float32Array>,
  lfw: Pick<Lfw, 'images'>,
  galleries: readonly { readonly people: number; readonly photosEach: number }[],
  thresholds: readonly SearchThreshold[],
  isExcluded: (a: number, b: number) => boolean = () => false,
): Recognition[] {
  const random = seededRandom(seed);
  const photosOf = new Map<number, number[]>();
  lfw.images.forEach(({ person }, i) => {
    photosOf.set(person, [...(photosOf.get(person) ?? []), i]);
  });
  return galleries.flatMap(({ people, photosEach }) => {
    const tallies = thresholds.map(() => ({ mates: 0, recognized: 0, mistaken: 0, strangers: 0, told: 0 }));
    let photos = 0;
    for (let draw = 0; draw < draws; draw++) {
      const enrolled = shuffled([...photosOf.keys()], random)
        .slice(0, people)
        .flatMap((person) => shuffled(photosOf.get(person) ?? [], random).slice(0, photosEach));
      photos += enrolled.length / draws;
      const inGallery = new Set(enrolled);
      const members = new Set(enrolled.map((i) => lfw.images[i]?.person));
      lfw.images.forEach(({ person }, probe) => {
        if (inGallery.has(probe)) return;
        let best = -1;
        let bestScore = Number.NEGATIVE_INFINITY;
        for (const photo of enrolled) {
          const score = scores.data[probe * scores.columns + photo] ?? Number.NEGATIVE_INFINITY;
          if (score <= bestScore || isExcluded(probe, photo)) continue;
          best = photo;
          bestScore = score;
        }
        const isRight = lfw.images[best]?.person === person;
        thresholds.forEach(({ score }, t) => {
          const tally = tallies[t];
          if (tally === undefined) return;
          const isTold = bestScore >= score;
          if (members.has(person)) {
            tally.mates++;
            tally.recognized += isTold && isRight ? 1 : 0;
            tally.mistaken += isTold && !isRight ? 1 : 0;
          } else {
            tally.strangers++;
            tally.told += isTold ? 1 : 0;
          }
        });
      });
    }
    return thresholds.map(({ similarity, rate }, t): Recognition => {
      const { mates, recognized, mistaken, strangers, told } = tallies[t] as (typeof tallies)[number];
      const share = (count: number, of: number) => (of === 0 ? 0 : count / of);
      return {
        people,
        photosEach,
        photos: Math.round(photos),
        similarity,
        mates,
        recognized: share(recognized, mates),
        mistaken: share(mistaken, mates),
        missed: share(mates - recognized - mistaken, mates),
        strangers,
        falselyRecognized: share(told, strangers),
        expectedFalselyRecognized: Math.round(photos) * rate,
      };
    });
  });
}
