import type { CollectionStore, DocumentStore } from '../../stores/ports/index.ts';
import type { ErasureSource } from '../retention/erasure-source.ts';
import { type CannotLinks, createCannotLinks } from './cannot-links.ts';
import { type CropStore, createCropStore } from './crops.ts';
import { createReviewDesk, forgetCasesOf, type ReviewDesk } from './desk.ts';
import { reviewErasureSources } from './erasure.ts';
import { createMinors, type Minors } from './minors.ts';

/** The review room: the desk and what it knows of crops, cannot-links and minors. */
export interface ReviewRoom {
  readonly desk: ReviewDesk;
  readonly crops: CropStore;
  readonly cannotLinks: CannotLinks;
  readonly minors: Minors;
  readonly erasureSources: readonly ErasureSource[];
  /** Forgets cases and crops of a deleted collection; cannot-links stay, so that making it anew lifts none. */
  forgetCollection(collectionId: string): Promise<void>;
}

/** What the review room stands on. */
export interface ReviewRoomParts {
  readonly documents: DocumentStore;
  readonly collections: Pick<CollectionStore, 'findCollection' | 'findFaces' | 'subjectPseudonym'>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A fresh random id. */
  readonly ids: () => string;
  /** 0..1, 1 excluded. */
  readonly random: () => number;
  /** How many of the cases that can be seeded are, 0..1. */
  readonly seedShare: number;
  /** How long a case waits for reviewers, and how long a closed one is remembered, by purpose. */
  readonly waitMs: (purpose: string) => number;
  readonly notice: (notice: string) => void;
}

/** Opens the review room. */
export function openReview(parts: ReviewRoomParts): ReviewRoom {
  const { documents, collections, clock, ids } = parts;
  const crops = createCropStore(documents, clock);
  const cannotLinks = createCannotLinks({ documents, clock, ids });
  const minors = createMinors({ documents, collections, clock });
  const desk = createReviewDesk({
    ...parts,
    crops,
    cannotLinks,
    async standing({ id, createdAtMs }, faceIds) {
      const collection = await collections.findCollection(id);
      if (collection === undefined || (createdAtMs ?? collection.createdAtMs) !== collection.createdAtMs)
        return undefined;
      return new Set((await collections.findFaces(id, faceIds)).map(({ faceId }) => faceId));
    },
  });
  return {
    desk,
    crops,
    cannotLinks,
    minors,
    erasureSources: reviewErasureSources({
      documents,
      forget: () => {
        cannotLinks.forget();
        minors.forget();
      },
    }),
    async forgetCollection(collectionId) {
      await forgetCasesOf(documents, collectionId);
      await crops.removeCollection(collectionId);
    },
  };
}
