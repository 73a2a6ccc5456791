import type { FaceAttribute } from '../vision/index.ts';

/** What may be counted for the audit: numbers, never ids. */
export type CountName =
  | 'bytesExported'
  | 'candidatesReleased'
  | 'candidatesReturned'
  | 'casesOpened'
  | 'casesReviewed'
  | 'consentsRecorded'
  | 'facesAssociated'
  | 'facesCompared'
  | 'facesDeleted'
  | 'facesDisassociated'
  | 'facesEmbedded'
  | 'facesExported'
  | 'facesFound'
  | 'facesImported'
  | 'facesReembedded'
  | 'facesStaged'
  | 'facesStored'
  | 'facesWithheld'
  | 'labelsFound'
  | 'imagesModerated'
  | 'imagesCompared'
  | 'imagesLookedAt'
  | 'matchesReleased'
  | 'matchesWithheld'
  | 'orphansFound'
  | 'personsFound'
  | 'recordsExported'
  | 'subjectsErased'
  | 'textLinesFound'
  | 'votesCast'
  | 'wordsFound';

/** Subjects and probes that a record names at most; beyond, it tells their number only. */
export const mostSubjects = 32;

/** Where the enforcement around a grant's capabilities notes what it did, for the response headers and the audit. */
export interface GrantNotes {
  /** An attribute was asked for, or was there, and was withheld. */
  withheld(attribute: FaceAttribute): void;
  /** A search or comparison ran with `effective`, the higher of the requested threshold and the floor; 0..100. */
  threshold(requested: number, effective: number): void;
  /** Adds to a count. */
  count(name: CountName, amount: number): void;
  /** The call was about this subject. @param hmac 64 hex digits, under the subject's own key @throws {TypeError} for else */
  subject(hmac: string): void;
  /** An image was searched or compared with. @param hash 64 hex digits, under the server's key for probes */
  probe(hash: string): void;
  /** The call opened this review case, or was about it. */
  reviewCase(id: string): void;
  /** The call made or decided this proposal of two persons. @param name action and id, such as `add-person/1f0c` */
  proposal(name: string): void;
  /** The enforcement refused what the gate had allowed. @param rule its name, as the audit keeps it */
  flag(rule: string): void;
}

/** What was noted while a grant was used, as plain data. */
export interface NotedUse {
  readonly withheld: readonly FaceAttribute[];
  /** The highest threshold used; absent when nothing was searched or compared. */
  readonly effectiveThreshold?: number;
  /** True when a floor raised what was requested. */
  readonly thresholdRaised: boolean;
  readonly counts: Readonly<Partial<Record<CountName, number>>>;
  /** In the order noted, each once, at most {@link mostSubjects}. */
  readonly subjects: readonly string[];
  /** All that were noted. */
  readonly subjectCount: number;
  readonly probes: readonly string[];
  readonly reviewCase?: string;
  readonly proposal?: string;
  /** The rule that refused while the operation ran. */
  readonly rule?: string;
}

/** A fresh sheet of notes for one call, with the way to read it. */
export function createNotes(): GrantNotes & { read(): NotedUse } {
  const withheld = new Set<FaceAttribute>();
  const counts: Partial<Record<CountName, number>> = {};
  let effectiveThreshold: number | undefined;
  let thresholdRaised = false;
  const subjects = new Set<string>();
  const probes = new Set<string>();
  let reviewCase: string | undefined;
  let proposal: string | undefined;
  let rule: string | undefined;
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
    subject(hmac) {
      subjects.add(hashed(hmac));
    },
    probe(hash) {
      hashed(hash);
      if (probes.size < mostSubjects) probes.add(hash);
    },
    proposal(name) {
      proposal = name;
    },
    flag(name) {
      rule = name;
    },
    reviewCase(id) {
      reviewCase = id;
    },
    read: () => ({
      withheld: [...withheld].sort(),
      ...(effectiveThreshold === undefined ? {} : { effectiveThreshold }),
      thresholdRaised,
      counts: { ...counts },
      subjects: [...subjects].slice(0, mostSubjects),
      subjectCount: subjects.size,
      probes: [...probes],
      ...(reviewCase !== undefined && { reviewCase }),
      ...(proposal !== undefined && { proposal }),
      ...(rule !== undefined && { rule }),
    }),
  };
}

/** A name handed on by mistake would stand in the log for ever: it fails the call instead. */
function hashed(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text) || text.length !== 64) throw new TypeError('the audit takes hashes, 64 hex digits');
  return text;
}
