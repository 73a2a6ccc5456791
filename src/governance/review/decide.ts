import type { DocumentChange } from '../../stores/ports/index.ts';
import { agree, type Judged, measureAgreement } from './agreement.ts';
import { type CannotLinkSet, endKey, type LinkEnd } from './cannot-links.ts';
import type { CandidateEnds, KeptCase, KeptReview, ProbeEnds } from './case.ts';
import { putCase, putReview, removePending, removePictures, reviewsOf } from './case-book.ts';

/** How long what is left of a review counts for its reviewer's rates. */
export const measureDays = 365;

const dayMs = 86_400_000;

/** A case that two reviewers have decided. */
export interface DecidedCase {
  readonly kept: KeptCase;
  readonly judged: readonly Judged[];
}

/** Puts the two reviews of a case together and closes it: in the same transaction as the second review. */
export function decideCase(
  change: DocumentChange,
  kept: KeptCase,
  parts: { readonly nowMs: number; readonly keepMs: number; readonly links: CannotLinkSet },
): DecidedCase {
  const reviews = reviewsOf(change, kept.caseId);
  const [first, second] = reviews;
  if (first === undefined || second === undefined) throw new Error(`${kept.caseId} lacks a review`);
  const judged = agree(kept.candidates, first.decisions, second.decisions);
  const real = judged.filter(({ candidate }) => !candidate.seed);
  const released = real
    .filter(({ candidate, agreed }) => agreed === 'same' && !parts.links.excludes(kept.probe, candidate))
    .map(({ candidate }) => candidate);
  const closed: KeptCase = {
    ...kept,
    state: 'decided',
    closedAtMs: parts.nowMs,
    expiresAtMs: parts.nowMs + parts.keepMs,
    candidates: [],
    released,
    conflicts: real.filter(({ verdicts }) => verdicts[0] !== verdicts[1] && verdicts.includes('same')).length,
    ...(kept.pending && {
      found: real.map(({ candidate: { faceId, userId, externalImageId }, agreed }) => ({
        faceId,
        userId,
        externalImageId,
        agreed,
      })),
    }),
  };
  putCase(change, closed);
  removePictures(change, kept.caseId);
  const agreement = measureAgreement(judged);
  for (const { reviewId, ...review } of [first, second]) {
    putReview(change, reviewId, { ...review, measure: { ...review.measure, ...agreement } }, measureDueMs(review));
  }
  return { kept: closed, judged };
}

/** An enrolment's payload and verdicts have been used. */
export function finishCase(change: DocumentChange, kept: KeptCase): void {
  const { pending: _pending, found: _found, ...finished } = kept;
  putCase(change, finished);
  removePending(change, kept.caseId);
}

/** Closes a case that nobody decided in time: no match, and nothing is left of what it held. */
export function expireCase(change: DocumentChange, kept: KeptCase, keepMs: number): void {
  putCase(change, {
    ...kept,
    state: 'expired',
    closedAtMs: kept.expiresAtMs,
    expiresAtMs: kept.expiresAtMs + keepMs,
    candidates: [],
  });
  removePictures(change, kept.caseId);
  removePending(change, kept.caseId);
}

/** Forgets a closed case; of its reviews only the measure stays. */
export function forgetCase(change: DocumentChange, caseId: string): void {
  change.remove('case', caseId);
  removePictures(change, caseId);
  removePending(change, caseId);
  for (const { reviewId, ...review } of reviewsOf(change, caseId)) {
    putReview(change, reviewId, { ...review, decisions: [] }, measureDueMs(review));
  }
}

/** When what is left of a review goes too. */
export function measureDueMs({ atMs }: Pick<KeptReview, 'atMs'>): number {
  return atMs + measureDays * dayMs;
}

/** The cannot-links that follow from two reviewers who both said "not this person". */
export function linksOf({ kept, judged }: DecidedCase): readonly { readonly one: LinkEnd; readonly other: LinkEnd }[] {
  const one = probeEnd(kept.probe);
  if (one === undefined) return [];
  return judged.flatMap(({ candidate, neverAgain }) => {
    const other = candidateEnd(candidate);
    if (!neverAgain || candidate.seed || other === undefined) return [];
    if (endKey(one) !== endKey(other)) return [{ one, other }];
    // Both stand under one name, wrongly; what differs is the faces.
    const [face, another] = [kept.probe.faceId, candidate.faceId];
    const isOfFaces = face !== undefined && another !== undefined && face !== another;
    return isOfFaces ? [{ one: { faceId: face }, other: { faceId: another } }] : [];
  });
}

/** The end that later searches with the same probe bear; the user before its face, since it has more faces. */
function probeEnd({ hash, ...ends }: ProbeEnds): LinkEnd | undefined {
  return candidateEnd(ends) ?? (hash === undefined ? undefined : { hash });
}

/** Whom the reviewers meant: the person as the collection names them, not one picture. */
function candidateEnd({ userId, externalImageId, faceId }: CandidateEnds): LinkEnd | undefined {
  if (userId !== undefined) return { userId };
  if (externalImageId !== undefined) return { externalImageId };
  return faceId === undefined ? undefined : { faceId };
}
