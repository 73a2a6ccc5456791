import type { FaceAttribute } from '../vision/index.ts';

/** What may be counted for the audit: numbers, never ids. */
export type CountName =
  | 'candidatesReturned'
  | 'facesAssociated'
  | 'facesCompared'
  | 'facesDeleted'
  | 'facesDisassociated'
  | 'facesEmbedded'
  | 'facesFound'
  | 'facesStored';

/** Where the enforcement around a grant's capabilities notes what it did, for the response headers and the audit. */
export interface GrantNotes {
  /** An attribute was asked for, or was there, and was withheld. */
  withheld(attribute: FaceAttribute): void;
  /** A search or comparison ran with `effective`, the higher of the requested threshold and the floor; 0..100. */
  threshold(requested: number, effective: number): void;
  /** Adds to a count. */
  count(name: CountName, amount: number): void;
}

/** What was noted while a grant was used, as plain data. */
export interface NotedUse {
  readonly withheld: readonly FaceAttribute[];
  /** The highest threshold used; absent when nothing was searched or compared. */
  readonly effectiveThreshold?: number;
  /** True when a floor raised what was requested. */
  readonly thresholdRaised: boolean;
  readonly counts: Readonly<Partial<Record<CountName, number>>>;
}

/** A fresh sheet of notes for one call, with the way to read it. */
export function createNotes(): GrantNotes & { read(): NotedUse } {
  const withheld = new Set<FaceAttribute>();
  const counts: Partial<Record<CountName, number>> = {};
  let effectiveThreshold: number | undefined;
  let thresholdRaised = false;
  return {
    withheld(attribute) {
      withheld.add(attribute);
    },
    threshold(requested, effective) {
      effectiveThreshold = Math.max(effectiveThreshold ?? 0, effective);
      if (effective > requested) thresholdRaised = true;
    },
    count(name, amount) {
      counts[name] = (counts[name] ?? 0) + amount;
    },
    read: () => ({
      withheld: [...withheld].sort(),
      ...(effectiveThreshold === undefined ? {} : { effectiveThreshold }),
      thresholdRaised,
      counts: { ...counts },
    }),
  };
}
