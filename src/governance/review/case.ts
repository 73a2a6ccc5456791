import type { Box } from '../../shared/geometry.ts';
import type { GrantNotes } from '../notes.ts';

/** What a case holds back: a search's matches, a comparison's, or a face that waits to be enrolled. */
export type CaseKind = 'search' | 'comparison' | 'enrolment';

/** What is known of a probe: the image's keyed hash, or the stored face or user that was searched with. */
export interface ProbeEnds {
  readonly hash?: string | undefined;
  readonly faceId?: string | undefined;
  readonly userId?: string | undefined;
  readonly externalImageId?: string | undefined;
}

/** Whom a candidate may be, as the collection names them. */
export interface CandidateEnds {
  readonly faceId?: string | undefined;
  readonly userId?: string | undefined;
  readonly externalImageId?: string | undefined;
}

/** A match that is withheld until reviewers agreed. */
export interface NewCandidate extends CandidateEnds {
  /** 0..100. */
  readonly similarity: number;
  /** JPEG of the face, final where the member is there, even undefined; left out: the kept crop of `faceId`, if any. */
  readonly crop?: Uint8Array | undefined;
  readonly minor?: boolean | undefined;
  /** Where the face is in the target image of a comparison, as ratios of the image. */
  readonly box?: Box | undefined;
}

/** A case about to be opened. */
export interface NewCase {
  readonly kind: CaseKind;
  readonly operation: string;
  readonly purpose: string;
  /** Absent for a comparison. */
  readonly collectionId?: string | undefined;
  /** Tells the collection from one that is made under its name later; ms since 1970. */
  readonly collectionCreatedAtMs?: number | undefined;
  /** The person who asked; may never review it. */
  readonly requestedBy: string;
  /** The threshold that was used, 0..100. */
  readonly threshold: number;
  /** The face model's version. */
  readonly model: string;
  readonly probe: ProbeEnds & {
    /** JPEG of the face that was searched with. */
    readonly crop?: Uint8Array | undefined;
  };
  /** Best first; at most {@link mostCandidates} are kept. */
  readonly candidates: readonly NewCandidate[];
  /** Of an enrolment: opaque, kept sealed, handed back when it is decided. */
  readonly pending?: Uint8Array | undefined;
  /** Of an enrolment: whom it enrols. The case holds their picture and template, and goes when they are erased. */
  readonly enrols?: CandidateEnds | undefined;
  /** True when a face of the collection is surely not the probe's person; without it the case is never seeded. */
  readonly isNonMatch?: ((face: { readonly faceId: string }) => Promise<boolean>) | undefined;
  /** Told of the case, for the audit. */
  readonly notes?: GrantNotes | undefined;
}

/** Candidates of a case; no reviewer judges more with care. */
export const mostCandidates = 20;

/** A candidate as it is kept, a seeded non-match among them. */
export interface KeptCandidate extends CandidateEnds {
  /** Random; tells nothing of the face. */
  readonly candidateId: string;
  readonly similarity: number;
  readonly minor?: boolean;
  readonly box?: Box;
  /** A known non-match, put in to measure the reviewers. Leaves the desk only as a rate. */
  readonly seed?: true;
}

/** How a case stands: waiting for reviewers, decided by two, or run out. */
export type CaseState = 'open' | 'decided' | 'expired';

/** A case as it is kept, sealed and padded. */
export interface KeptCase {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly operation: string;
  readonly purpose: string;
  readonly collectionId?: string;
  readonly collectionCreatedAtMs?: number;
  readonly requestedBy: string;
  readonly threshold: number;
  readonly model: string;
  readonly probe: ProbeEnds;
  readonly openedAtMs: number;
  /** When an open case closes without a match, and a decided one forgets its matches. */
  readonly expiresAtMs: number;
  readonly closedAtMs?: number;
  readonly state: CaseState;
  /** In the order that reviewers see. Emptied when the case is decided or has run out. */
  readonly candidates: readonly KeptCandidate[];
  /** Those that both reviewers found the same; empty until then. */
  readonly released: readonly KeptCandidate[];
  /** Candidates of which one reviewer said that they are the same, and the other did not. */
  readonly conflicts: number;
  /** An enrolment's payload waits in its own document. */
  readonly pending?: true;
  /** Whom an enrolment enrols; reviewers are not shown it. */
  readonly enrols?: CandidateEnds;
  /** What both found of an enrolment's candidates, until it is finished. */
  readonly found?: readonly FoundCandidate[];
}

/** What two reviewers found together about one candidate. */
export type Agreement = 'same' | 'different' | 'none';

/** A candidate with what both found. */
export interface FoundCandidate extends CandidateEnds {
  readonly agreed: Agreement;
}

/** The pictures of a case: JPEG in Base64, by candidate; gone when it closes. */
export interface KeptPictures {
  readonly probe?: string;
  readonly candidates: Readonly<Record<string, string>>;
}

/** What a reviewer found. */
export type Verdict = 'same' | 'different' | 'cannot-tell';

/** A reviewer's judgement of one candidate. */
export interface Decision {
  readonly candidateId: string;
  readonly verdict: Verdict;
  readonly reason: string;
  /** With `different`: they are never to be matched again, if the other reviewer says so too. */
  readonly notThisPerson?: boolean | undefined;
}

/** What remains of a review for the measure of its reviewer. */
export interface ReviewMeasure {
  readonly seedsSeen: number;
  readonly seedsAccepted: number;
  /** Candidates, seeds aside, that two reviewers judged; and those they judged alike. */
  readonly compared: number;
  readonly agreed: number;
}

/** One person's review of one case. Decisions never change; they go when the case is forgotten, the measure stays. */
export interface KeptReview {
  readonly caseId: string;
  readonly person: string;
  /** Whose search it was: they are not shown what is counted of it. */
  readonly requestedBy: string;
  readonly purpose: string;
  readonly atMs: number;
  readonly decisions: readonly Decision[];
  readonly measure: ReviewMeasure;
}
