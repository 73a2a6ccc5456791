import { ServiceError } from '../../contract/index.ts';
import type { DocumentChange, DocumentStore, DocumentView } from '../../stores/ports/index.ts';
import type { GrantNotes } from '../notes.ts';
import { isSamePerson } from '../people/person.ts';
import { measureSeeds } from './agreement.ts';
import { mayReach, type ReviewCaller } from './caller.ts';
import type { CannotLinks } from './cannot-links.ts';
import type { CaseKind, Decision, KeptCase, KeptReview } from './case.ts';
import { askedThemselves, casesNamed, findCase, findPictures, hasReviewed, putReview, reviewsOf } from './case-book.ts';
import { type DecidedCase, decideCase, linksOf, measureDueMs } from './decide.ts';

/** An open case as a reviewer finds it in the list. */
export interface ListedCase {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly purpose: string;
  readonly collectionId?: string;
  readonly openedAtMs: number;
  readonly expiresAtMs: number;
}

/** An open case as a reviewer judges it: faces without names, in order, without numbers that would persuade. */
export interface ShownCase extends ListedCase {
  /** Base64 JPEG. */
  readonly probe?: string;
  /** Most similar first; a seeded non-match may be among them. */
  readonly candidates: readonly { readonly candidateId: string; readonly rank: number; readonly crop?: string }[];
}

/** What reviewers do at the desk. */
export interface Reviewing {
  /** Open cases that the caller may judge and has not judged; in order of their random ids. */
  list(caller: ReviewCaller, page: { afterId?: string; limit: number }): Promise<readonly ListedCase[]>;
  /** @throws {ServiceError} ResourceNotFoundException, AccessDeniedException */
  show(caller: ReviewCaller, caseId: string, notes: GrantNotes): Promise<ShownCase>;
  /**
   * Takes a review, once for each person and case; the second decides. The answer does not tell which it was.
   * @throws {ServiceError} ResourceNotFoundException, AccessDeniedException, ConflictException, InvalidParameterException
   */
  submit(caller: ReviewCaller, caseId: string, decisions: readonly Decision[], notes: GrantNotes): Promise<void>;
}

/** What reviewing needs. */
export interface ReviewingParts {
  readonly documents: DocumentStore;
  readonly cannotLinks: Pick<CannotLinks, 'forCollection' | 'forget' | 'setWithin'>;
  readonly clock: () => number;
  readonly ids: () => string;
  /** How long a decided case remembers its matches. */
  readonly keepMs: (purpose: string) => number;
  /** Told of a decided case after it is durable. */
  readonly decided: (decided: DecidedCase) => Promise<void>;
}

/** Opens the desk's side for reviewers. */
export function createReviewing(parts: ReviewingParts): Reviewing {
  const { documents, clock } = parts;

  const mayJudge = (view: DocumentView, caller: ReviewCaller, kept: KeptCase): boolean =>
    kept.state === 'open' &&
    clock() < kept.expiresAtMs &&
    mayReach(caller, kept) &&
    !isOwn(view, caller, kept) &&
    !hasReviewed(view, kept.caseId, caller.person);

  /** The case, if this caller may judge it now; all other cases look as if there were none. */
  const open = (view: DocumentView, caller: ReviewCaller, caseId: string): KeptCase => {
    const kept = findCase(view, caseId);
    if (kept !== undefined && isSamePerson(kept.requestedBy, caller.person)) {
      throw new ServiceError(
        'AccessDeniedException',
        'No one reviews a search of their own. Read docs/accountability.md#review.',
      );
    }
    if (kept !== undefined && hasReviewed(view, caseId, caller.person)) {
      throw new ServiceError(
        'ConflictException',
        'You have judged this case. A verdict does not change, and the case is closed to you.',
      );
    }
    if (kept === undefined || !mayJudge(view, caller, kept)) {
      throw new ServiceError('ResourceNotFoundException', `There is no case ${caseId} open to you.`);
    }
    return kept;
  };

  return {
    list: (caller, { afterId = '', limit }) =>
      documents.read((view) => {
        const found: ListedCase[] = [];
        for (const kept of casesNamed(view, 'open', 'yes', afterId)) {
          if (found.length === limit) break;
          if (mayJudge(view, caller, kept)) found.push(listed(kept));
        }
        return found;
      }),
    async show(caller, caseId, notes) {
      const shown = await documents.read((view) => {
        const kept = open(view, caller, caseId);
        const pictures = findPictures(view, caseId);
        return {
          ...listed(kept),
          ...(pictures.probe !== undefined && { probe: pictures.probe }),
          candidates: kept.candidates.map(({ candidateId }, index) => {
            const crop = pictures.candidates[candidateId];
            return { candidateId, rank: index + 1, ...(crop !== undefined && { crop }) };
          }),
        };
      });
      notes.reviewCase(caseId);
      return shown;
    },
    async submit(caller, caseId, decisions, notes) {
      const before = await documents.read((view) => open(view, caller, caseId));
      const links = await parts.cannotLinks.forCollection(before.collectionId ?? '');
      const decided = await documents.change((change) => {
        // Again within the transaction: it may have been decided, or have run out, meanwhile.
        const kept = open(change, caller, caseId);
        checkDecisions(kept, decisions);
        checkSeen(decisions, findPictures(change, caseId));
        const review: KeptReview = {
          caseId,
          person: caller.person,
          requestedBy: kept.requestedBy,
          purpose: kept.purpose,
          atMs: clock(),
          decisions: decisions.map((decision) => ({ ...decision, reason: decision.reason.trim() })),
          measure: { ...measureSeeds(kept.candidates, decisions), compared: 0, agreed: 0 },
        };
        putReview(change, parts.ids(), review, measureDueMs(review));
        if (reviewsOf(change, caseId).length < 2) return undefined;
        const made = decideCase(change, kept, { nowMs: clock(), keepMs: parts.keepMs(kept.purpose), links });
        setLinks(change, made);
        return made;
      });
      notes.reviewCase(caseId);
      notes.count('casesReviewed', 1);
      if (decided === undefined) return;
      const { released } = decided.kept;
      const real = decided.judged.filter(({ candidate }) => !candidate.seed);
      notes.count('matchesReleased', released.length);
      notes.count('matchesWithheld', real.length - released.length);
      if (decided.kept.collectionId !== undefined) parts.cannotLinks.forget(decided.kept.collectionId);
      await parts.decided(decided);
    },
  };

  /** With the decision, so that no crash between the two loses what the reviewers found. */
  function setLinks(change: DocumentChange, decided: DecidedCase): void {
    const { caseId, collectionId, purpose, requestedBy } = decided.kept;
    if (collectionId === undefined) return;
    for (const link of linksOf(decided)) {
      parts.cannotLinks.setWithin(change, {
        ...link,
        collectionId,
        purpose,
        persons: reviewsOf(change, caseId).map(({ person }) => person),
        reason: 'two reviewers found: not this person',
        source: 'review',
        searchedBy: requestedBy,
      });
    }
  }
}

function isOwn(view: DocumentView, caller: ReviewCaller, kept: KeptCase): boolean {
  return isSamePerson(kept.requestedBy, caller.person) || askedThemselves(view, caller.person, kept);
}

function listed({ caseId, kind, purpose, collectionId, openedAtMs, expiresAtMs }: KeptCase): ListedCase {
  return { caseId, kind, purpose, ...(collectionId !== undefined && { collectionId }), openedAtMs, expiresAtMs };
}

/** Two faces are found the same by looking at both, or not at all. */
function checkSeen(decisions: readonly Decision[], pictures: ReturnType<typeof findPictures>): void {
  for (const { candidateId, verdict } of decisions) {
    if (verdict !== 'same' || (pictures.probe !== undefined && pictures.candidates[candidateId] !== undefined))
      continue;
    throw new ServiceError(
      'InvalidParameterException',
      `Of ${candidateId}, or of the face that was searched with, there is no picture, so nobody can find them the same: say cannot-tell. Read docs/accountability.md#minors.`,
    );
  }
}

function checkDecisions({ candidates }: KeptCase, decisions: readonly Decision[]): void {
  const wanted = new Set(candidates.map(({ candidateId }) => candidateId));
  for (const { candidateId, verdict, reason, notThisPerson } of decisions) {
    if (!wanted.delete(candidateId)) {
      throw new ServiceError(
        'InvalidParameterException',
        `The case has no candidate ${candidateId}, or it is judged twice.`,
      );
    }
    if (reason.trim() === '') {
      throw new ServiceError('InvalidParameterException', `The verdict on ${candidateId} lacks its reason.`);
    }
    if (notThisPerson === true && verdict !== 'different') {
      throw new ServiceError('InvalidParameterException', "notThisPerson goes with the verdict 'different' only.");
    }
  }
  if (wanted.size > 0) {
    throw new ServiceError(
      'InvalidParameterException',
      `Judge every candidate of the case; missing: ${[...wanted].join(', ')}.`,
    );
  }
}
