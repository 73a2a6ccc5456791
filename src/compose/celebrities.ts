import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import {
  type CelebrityBook,
  type CelebrityOptOuts,
  createCelebrityBook,
  type Eraser,
  eraseOptedOut,
  galleryProblem,
  isGallery,
  openCelebrityOptOuts,
  type RetentionGuards,
  type ReviewRoom,
} from '../governance/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { openLineFile, type Stores } from '../stores/index.ts';
import { type CollectionRecord, StoreError } from '../stores/ports/index.ts';

/** The gallery of public figures, wired. */
export interface Celebrities {
  readonly book: CelebrityBook;
  readonly optOuts: CelebrityOptOuts;
  readonly eraser: Eraser;
  /** Whether this collection is the configured gallery. */
  isGallery(collection: CollectionRecord | undefined): collection is CollectionRecord;
  /** Why nobody is recognised, and what to do; undefined where a gallery stands. */
  problem(): Promise<string | undefined>;
  /** Erases who opted out and is there again, and forgets those who have no face any more. */
  sweep(): Promise<void>;
}

/** Where the opt-out list is: outside the data folder, so that no copy of that brings back who is on it. */
export function celebrityOptOutsFileOf(config: Pick<Config, 'trustDir'>): string {
  return join(config.trustDir, 'celebrity-opt-outs.jsonl');
}

/** Opens the gallery. @throws {OptOutError} when the opt-out list is not as this server wrote it */
export async function openCelebrities(parts: {
  readonly config: Pick<Config, 'trustDir' | 'celebrityCollection'>;
  readonly stores: Stores;
  readonly keyring: Keyring;
  readonly minors: ReviewRoom['minors'];
  readonly retention: { readonly eraser: Eraser; readonly guards: RetentionGuards };
  readonly clock: () => number;
  readonly ids: () => string;
  readonly notice: (notice: string) => void;
}): Promise<Celebrities> {
  const { config, stores, keyring, minors, retention, clock, ids, notice } = parts;
  const { collections, documents } = stores;
  const path = celebrityOptOutsFileOf(config);
  const optOuts = await openCelebrityOptOuts({
    file: openLineFile(path),
    path,
    sealer: keyring.sealer('records'),
    documents,
    clock,
    ids,
    notice,
  });
  const book = createCelebrityBook({
    documents,
    collections,
    optOuts,
    minors,
    hides: (gallery, celebrityId) => retention.guards.hides(gallery, celebrityId),
    clock,
  });
  const configured = config.celebrityCollection;
  const found = async () => (configured === undefined ? undefined : collections.findCollection(configured));
  const isTheGallery = (collection: CollectionRecord | undefined): collection is CollectionRecord =>
    isGallery(collection) && collection.id === configured;
  return {
    book,
    optOuts,
    eraser: retention.eraser,
    isGallery: isTheGallery,
    async problem() {
      const gallery = await found();
      return isTheGallery(gallery) ? undefined : galleryProblem(configured, gallery);
    },
    async sweep() {
      const gallery = await found();
      try {
        if (isTheGallery(gallery)) await eraseOptedOut({ book, optOuts, eraser: retention.eraser }, gallery);
      } catch (error) {
        // A quarantined gallery recognises nobody; who is in it is erased when it is mended.
        if (!(error instanceof StoreError && error.code === 'corrupt')) throw error;
      }
      await book.sweep();
    },
  };
}
