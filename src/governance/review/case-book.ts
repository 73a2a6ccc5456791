import type { DocumentChange, DocumentView } from '../../stores/ports/index.ts';
import { personId } from '../people/person.ts';
import type { KeptCase, KeptPictures, KeptReview, ProbeEnds } from './case.ts';
import { caseBucketBytes, padded, picturesBucketBytes, unpadded } from './padding.ts';

/** How many documents are looked at together. */
export const pageSize = 50;

/** Writes a case, found by its collection, by who asked with what, and while it is open. */
export function putCase(change: DocumentChange, kept: KeptCase): void {
  change.put('case', kept.caseId, padded(kept, caseBucketBytes), {
    dueAtMs: kept.expiresAtMs,
    names: {
      asked: askedName(kept.requestedBy, kept),
      collection: kept.collectionId ?? '',
      ...(kept.state === 'open' && { open: 'yes' }),
    },
  });
}

/** A case by its id. */
export function findCase(view: DocumentView, caseId: string): KeptCase | undefined {
  const kept = view.get('case', caseId);
  return kept && unpadded<KeptCase>(kept.body);
}

/** Cases that bear a name, in order of their random ids. */
export function* casesNamed(
  view: DocumentView,
  name: 'open' | 'collection',
  value: string,
  from = '',
): Generator<KeptCase> {
  for (let afterId = from; ; ) {
    const page = view.named('case', name, value, { afterId, limit: pageSize });
    for (const { body } of page) yield unpadded<KeptCase>(body);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    afterId = last.id;
  }
}

/** Whether a person asked with the same probe, whichever case it opened: reviewing it would be reviewing one's own search. */
export function askedThemselves(view: DocumentView, person: string, kept: KeptCase): boolean {
  return view.named('case', 'asked', askedName(person, kept), { limit: 1 }).length > 0;
}

/** The pictures of a case have a document of their own, so that listing cases does not open them. */
export function putPictures(change: DocumentChange, caseId: string, pictures: KeptPictures): void {
  change.put('crop', picturesId(caseId), padded(pictures, picturesBucketBytes));
}

/** The pictures of a case; none once they are erased. */
export function findPictures(view: DocumentView, caseId: string): KeptPictures {
  const kept = view.get('crop', picturesId(caseId));
  return kept ? unpadded<KeptPictures>(kept.body) : { candidates: {} };
}

/** Erases the pictures of a case. */
export function removePictures(change: DocumentChange, caseId: string): void {
  change.remove('crop', picturesId(caseId));
}

/** The id of a case's pictures among the documents. */
export function picturesId(caseId: string): string {
  return `case.${caseId}`;
}

/** Keeps an enrolment's payload, sealed like everything else. */
export function putPending(change: DocumentChange, caseId: string, payload: Uint8Array): void {
  const base64 = Buffer.from(payload).toString('base64');
  change.put('crop', pendingId(caseId), padded(base64, caseBucketBytes), { names: { pending: 'yes' } });
}

/** An enrolment's payload; undefined when there is none, or no longer. */
export function findPending(view: DocumentView, caseId: string): Uint8Array | undefined {
  const kept = view.get('crop', pendingId(caseId));
  return kept && new Uint8Array(Buffer.from(unpadded<string>(kept.body), 'base64'));
}

/** Erases an enrolment's payload. */
export function removePending(change: DocumentChange, caseId: string): void {
  change.remove('crop', pendingId(caseId));
}

/** The id of an enrolment's payload among the documents. */
export function pendingId(caseId: string): string {
  return `pending.${caseId}`;
}

/** Cases whose enrolment payload is still there. */
export function pendingCaseIds(view: DocumentView): readonly string[] {
  return view.named('crop', 'pending', 'yes', { limit: 10_000 }).map(({ id }) => id.slice(pendingId('').length));
}

/** Writes a review under a random id, found by its case and its person. */
export function putReview(change: DocumentChange, reviewId: string, review: KeptReview, dueAtMs: number): void {
  change.put('review', reviewId, padded(review, caseBucketBytes), {
    dueAtMs,
    names: { case: review.caseId, by: reviewName(review.caseId, review.person) },
  });
}

/** The reviews of a case with their ids; two at most. */
export function reviewsOf(view: DocumentView, caseId: string): readonly (KeptReview & { readonly reviewId: string })[] {
  return view
    .named('review', 'case', caseId, { limit: 3 })
    .map(({ id, body }) => ({ ...unpadded<KeptReview>(body), reviewId: id }));
}

/** Whether a person judged a case, under whichever spelling. */
export function hasReviewed(view: DocumentView, caseId: string, person: string): boolean {
  return view.named('review', 'by', reviewName(caseId, person), { limit: 1 }).length > 0;
}

/** A probe as one text; undefined when nothing is known of it. */
function probeKey({ hash, faceId, userId }: ProbeEnds): string | undefined {
  if (hash !== undefined) return `hash:${hash}`;
  if (faceId !== undefined) return `face:${faceId}`;
  return userId === undefined ? undefined : `user:${userId}`;
}

function askedName(person: string, { caseId, collectionId, probe }: KeptCase): string {
  return JSON.stringify([personId(person), collectionId ?? '', probeKey(probe) ?? `case:${caseId}`]);
}

function reviewName(caseId: string, person: string): string {
  return JSON.stringify([caseId, personId(person)]);
}
