import type { PurposeName } from '../policy/index.ts';

/** What is erased: a subject, a face that bears no subject's name, or a collection as a whole. */
export type ErasureTarget =
  | {
      readonly kind: 'subject';
      /** An ExternalImageId or UserId. */
      readonly subject: string;
      /** Absent: under every purpose. */
      readonly purpose?: PurposeName;
      /** Present while tombstones are replayed: in this collection only. */
      readonly collectionId?: string;
    }
  | { readonly kind: 'face'; readonly collectionId: string; readonly faceId: string }
  | { readonly kind: 'collection'; readonly collectionId: string };

/** How many things of a kind a source holds of a target. */
export interface HeldCount {
  /** In the plural: `faces`, `users`, `keys`, `crops`, `cases`. */
  readonly kind: string;
  /** Where they lie, for things that lie in a collection. */
  readonly collectionId?: string;
  readonly count: number;
  /** Their number would tell what a review withholds; nobody is told it while an erasure leaves none. */
  readonly isWithheld?: true;
}

/** Something that a source holds of someone, by what it can be erased. */
export interface HeldThing {
  /** In the singular: `face`, `user`, `subject key`, `crop`. */
  readonly what: string;
  /** Undefined for what belongs to every purpose. */
  readonly purpose?: string;
  readonly collectionId?: string;
  readonly subject?: string;
  readonly faceId?: string;
  /** When it was stored, ms since 1970. What was stored after an erasure is new and stays. */
  readonly storedAtMs: number;
  /** As of {@link HeldCount}: it is looked at, and not counted where others may read it. */
  readonly isWithheld?: true;
}

/**
 * A place that keeps something of people: rows, crops, cases, results. Each room registers its own, so that an erasure,
 * the replay of tombstones after a restore and the orphan scan reach it.
 */
export interface ErasureSource {
  /** For the operator: `faces`, `crops`. */
  readonly name: string;
  /** Its own room erases it when a subject is erased; here only what a restored backup brought back is. */
  readonly replayOnly?: true;
  count(target: ErasureTarget): Promise<readonly HeldCount[]>;
  /** Gone, and overwritten on disk, when it has resolved. What is not there is no error. */
  erase(target: ErasureTarget): Promise<void>;
  /** What it keeps of faces whose time has run out; absent where it keeps nothing of single faces. */
  eraseFaces?(collectionId: string, faceIds: readonly string[]): Promise<void>;
  /** All that it holds of anyone; may leave out what {@link ErasureSource.count} of another thing's target covers. */
  held(): AsyncIterable<HeldThing>;
}

/** Whether a thing is part of a target. */
export function belongsTo(held: Omit<HeldThing, 'what' | 'storedAtMs'>, target: ErasureTarget): boolean {
  switch (target.kind) {
    case 'subject':
      return (
        held.subject === target.subject &&
        (target.purpose === undefined || held.purpose === undefined || held.purpose === target.purpose) &&
        (target.collectionId === undefined || held.collectionId === target.collectionId)
      );
    case 'face':
      return held.collectionId === target.collectionId && held.faceId === target.faceId;
    case 'collection':
      return held.collectionId === target.collectionId;
  }
}
