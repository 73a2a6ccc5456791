import type { CandidateEnds } from './case.ts';
import type { CropStore, KeptCrop } from './crops.ts';

/** Draws known non-matches from a collection's kept crops. */
export interface SeedDrawer {
  /**
   * Another subject's face that is surely not the probe's person; undefined when a draw finds none.
   * @param taken whom it must not be: the candidates, and the probe's own subject
   */
  draw(
    collectionId: string,
    taken: readonly CandidateEnds[],
    isNonMatch: (face: { readonly faceId: string }) => Promise<boolean>,
  ): Promise<KeptCrop | undefined>;
}

/** @param random 0..1, 1 excluded */
export function createSeedDrawer(crops: Pick<CropStore, 'someOf'>, random: () => number): SeedDrawer {
  return {
    async draw(collectionId, taken, isNonMatch) {
      for (const crop of await crops.someOf(collectionId, random)) {
        if (taken.some((other) => isSameSubject(other, crop))) continue;
        if (await isNonMatch({ faceId: crop.faceId })) return crop;
      }
      return undefined;
    },
  };
}

function isSameSubject(one: CandidateEnds, other: CandidateEnds): boolean {
  const same = (a: string | undefined, b: string | undefined) => a !== undefined && a === b;
  return (
    same(one.faceId, other.faceId) ||
    same(one.externalImageId, other.externalImageId) ||
    same(one.userId, other.userId) ||
    same(one.userId, other.externalImageId) ||
    same(one.externalImageId, other.userId)
  );
}
