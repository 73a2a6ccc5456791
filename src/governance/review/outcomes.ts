import { ServiceError } from '../../contract/index.ts';
import type { DocumentStore } from '../../stores/ports/index.ts';
import type { GrantNotes } from '../notes.ts';
import { isSamePerson, personId } from '../people/person.ts';
import { mayReach, type ReviewCaller } from './caller.ts';
import type { CannotLinks } from './cannot-links.ts';
import type { KeptCandidate, KeptCase, KeptReview } from './case.ts';
import { findCase, pageSize } from './case-book.ts';
import { type Rate, rateOf } from './interval.ts';
import { unpadded } from './padding.ts';

/** What the requester learns: that it waits, or that it is closed, with the matches that two reviewers released. */
export interface Outcome {
  readonly caseId: string;
  readonly state: 'pending' | 'closed';
  /** When it closes without a match, or when what was released is forgotten. */
  readonly expiresAtMs: number;
  readonly matches: readonly Omit<KeptCandidate, 'candidateId' | 'seed' | 'minor'>[];
  /** Why it closed; for admins and auditors, never on a search of their own. */
  readonly detail?: 'released' | 'no-match' | 'conflict' | 'expired';
}

/** How a reviewer judges. */
export interface ReviewerStats {
  readonly person: string;
  readonly cases: number;
  readonly seedsSeen: number;
  readonly seedsAccepted: number;
  /** Of seeded non-matches that were called the same; absent before the first. */
  readonly falseAcceptRate?: Rate;
  /** Of candidates that the other reviewer judged alike; absent before the first decided case. */
  readonly agreementRate?: Rate;
}

/** What requesters, admins and auditors ask the desk. */
export interface Outcomes {
  /** @throws {ServiceError} ResourceNotFoundException for any case that is not the caller's to know */
  outcome(caller: ReviewCaller, caseId: string, notes: GrantNotes): Promise<Outcome>;
  /** Every reviewer of the last year. */
  stats(caller: ReviewCaller): Promise<readonly ReviewerStats[]>;
}

/** What telling outcomes needs. */
export interface OutcomeParts {
  readonly documents: DocumentStore;
  readonly cannotLinks: Pick<CannotLinks, 'forCollection'>;
  /** Those of the faces that the case's collection still holds; undefined when that collection is gone. */
  readonly standing: (
    collection: { readonly id: string; readonly createdAtMs?: number | undefined },
    faceIds: readonly string[],
  ) => Promise<ReadonlySet<string> | undefined>;
  readonly clock: () => number;
}

/** Opens the desk's side for requesters and overseers. */
export function createOutcomes({ documents, cannotLinks, standing, clock }: OutcomeParts): Outcomes {
  /** A match is told only while its face stands and no cannot-link forbids it. */
  async function stillReleased(kept: KeptCase): Promise<readonly KeptCandidate[]> {
    const { collectionId, released, probe } = kept;
    if (collectionId === undefined || released.length === 0) return released;
    const faceIds = released.flatMap(({ faceId }) => (faceId === undefined ? [] : [faceId]));
    const faces = await standing({ id: collectionId, createdAtMs: kept.collectionCreatedAtMs }, faceIds);
    if (faces === undefined) return [];
    const links = await cannotLinks.forCollection(collectionId);
    return released.filter(
      (match) => (match.faceId === undefined || faces.has(match.faceId)) && !links.excludes(probe, match),
    );
  }

  return {
    async outcome(caller, caseId, notes) {
      const kept = await documents.read((view) => findCase(view, caseId));
      const isOwn = kept !== undefined && isSamePerson(kept.requestedBy, caller.person);
      const isOverseer = caller.roles.includes('admin') || caller.roles.includes('auditor');
      if (kept === undefined || !mayReach(caller, kept) || !(isOwn || isOverseer) || isForgotten(kept, clock())) {
        throw new ServiceError('ResourceNotFoundException', `There is no case ${caseId} of yours.`);
      }
      notes.reviewCase(caseId);
      const isPending = kept.state === 'open' && clock() < kept.expiresAtMs;
      const seesMatches = isOwn || caller.roles.includes('admin');
      const matches = !isPending && seesMatches ? await stillReleased(kept) : [];
      return {
        caseId,
        state: isPending ? 'pending' : 'closed',
        expiresAtMs: kept.expiresAtMs,
        matches: matches.map(({ candidateId: _id, seed: _seed, minor: _minor, ...match }) => match),
        ...(!isPending && isOverseer && !isOwn && { detail: detailOf(kept) }),
      };
    },
    stats: (caller) =>
      documents.read((view) => {
        const byPerson = new Map<string, KeptReview[]>();
        for (let afterId = ''; ; ) {
          const page = view.list('review', { afterId, limit: pageSize });
          for (const { body } of page) {
            const review = unpadded<KeptReview>(body);
            // Counts that grow with one's own case would tell how it was judged.
            if (isSamePerson(review.requestedBy, caller.person)) continue;
            const key = personId(review.person);
            byPerson.set(key, [...(byPerson.get(key) ?? []), review]);
          }
          const last = page.at(-1);
          if (last === undefined || page.length < pageSize) break;
          afterId = last.id;
        }
        return [...byPerson.values()].map(statsOf).sort((one, other) => (one.person < other.person ? -1 : 1));
      }),
  };
}

function detailOf({ state, released, conflicts }: KeptCase): NonNullable<Outcome['detail']> {
  if (state !== 'decided') return 'expired';
  if (released.length > 0) return 'released';
  return conflicts > 0 ? 'conflict' : 'no-match';
}

/** The sweep comes later than the clock. */
function isForgotten({ state, expiresAtMs }: KeptCase, nowMs: number): boolean {
  return state !== 'open' && nowMs >= expiresAtMs;
}

function statsOf(reviews: readonly KeptReview[]): ReviewerStats {
  const sum = (count: (measure: KeptReview['measure']) => number): number =>
    reviews.reduce((total, { measure }) => total + count(measure), 0);
  const seedsSeen = sum((measure) => measure.seedsSeen);
  const seedsAccepted = sum((measure) => measure.seedsAccepted);
  const falseAcceptRate = rateOf(seedsAccepted, seedsSeen);
  const agreementRate = rateOf(
    sum((measure) => measure.agreed),
    sum((measure) => measure.compared),
  );
  return {
    person: reviews[0]?.person ?? '',
    cases: reviews.length,
    seedsSeen,
    seedsAccepted,
    ...(falseAcceptRate && { falseAcceptRate }),
    ...(agreementRate && { agreementRate }),
  };
}
