import type { DocumentStore } from '../../stores/ports/index.ts';
import type { CannotLinks } from './cannot-links.ts';
import type { FoundCandidate, KeptCase, NewCase } from './case.ts';
import { casesNamed, findCase, findPending, pageSize, pendingCaseIds } from './case-book.ts';
import type { CropStore } from './crops.ts';
import { expireCase, finishCase, forgetCase } from './decide.ts';
import { openCase } from './open-case.ts';
import { createOutcomes, type OutcomeParts, type Outcomes } from './outcomes.ts';
import { unpadded } from './padding.ts';
import { createReviewing, type Reviewing } from './reviewing.ts';
import { createSeedDrawer } from './seeds.ts';

/** An enrolment that two reviewers have decided. */
export interface DecidedEnrolment extends Pick<KeptCase, 'caseId' | 'operation' | 'purpose' | 'requestedBy'> {
  readonly collectionId?: string;
  /** Of the collection that the face was meant for; another may stand under its name. */
  readonly collectionCreatedAtMs?: number;
  /** What was handed over when the case was opened. */
  readonly payload: Uint8Array;
  /** The candidates, seeds aside, with what both reviewers found. */
  readonly candidates: readonly FoundCandidate[];
}

/** Finishes a decided enrolment; tried again at the next sweep when it throws, so it must bear being called twice. */
export type EnrolmentHandler = (decided: DecidedEnrolment) => Promise<void>;

/** The review desk: withheld matches go in, reviewers judge them, requesters learn what two agreed on. */
export interface ReviewDesk {
  /** Opens a case, candidates or not; durable when it resolves. */
  open(request: NewCase): Promise<{ readonly caseId: string }>;
  /** Says who finishes decided enrolments: one handler, for the life of the desk. */
  onDecided(kind: 'enrolment', handler: EnrolmentHandler): void;
  readonly reviewing: Reviewing;
  readonly outcomes: Outcomes;
  /** Closes what has run out, forgets what is past, and finishes what was left unfinished. */
  sweep(): Promise<void>;
}

/** What the desk is made of. */
export interface DeskParts {
  readonly documents: DocumentStore;
  readonly crops: Pick<CropStore, 'of' | 'someOf'>;
  readonly cannotLinks: CannotLinks;
  readonly standing: OutcomeParts['standing'];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A fresh random id. */
  readonly ids: () => string;
  /** 0..1, 1 excluded. */
  readonly random: () => number;
  /** How many of the cases that can be seeded are, 0..1. */
  readonly seedShare: number;
  /** How long a case waits for reviewers, and how long a closed one is remembered. */
  readonly waitMs: (purpose: string) => number;
  readonly notice: (notice: string) => void;
}

/** Opens the desk over the store of sealed documents. */
export function createReviewDesk(parts: DeskParts): ReviewDesk {
  const { documents, clock, waitMs } = parts;
  const seeds = createSeedDrawer(parts.crops, parts.random);
  let finishEnrolment: EnrolmentHandler | undefined;

  return {
    open: (request) => openCase(request, { ...parts, seeds }),
    onDecided(_kind, handler) {
      if (finishEnrolment !== undefined) throw new Error('decided enrolments have their handler already');
      finishEnrolment = handler;
    },
    reviewing: createReviewing({ ...parts, keepMs: waitMs, decided: ({ kept }) => finish(kept) }),
    outcomes: createOutcomes(parts),
    async sweep() {
      while ((await documents.change(sweepSome)) === pageSize);
      const waiting = await documents.read((view) =>
        pendingCaseIds(view).flatMap((caseId) => findCase(view, caseId) ?? []),
      );
      for (const kept of waiting) await finish(kept);
    },
  };

  /** @returns how many documents were due */
  function sweepSome(change: Parameters<Parameters<DocumentStore['change']>[0]>[0]): number {
    const nowMs = clock();
    const dueCases = change.due('case', nowMs, pageSize);
    for (const { body } of dueCases) {
      const kept = unpadded<KeptCase>(body);
      if (kept.state === 'open') expireCase(change, kept, waitMs(kept.purpose));
      else forgetCase(change, kept.caseId);
    }
    const dueReviews = change.due('review', nowMs, pageSize);
    for (const { id } of dueReviews) change.remove('review', id);
    return Math.max(dueCases.length, dueReviews.length);
  }

  async function finish(kept: KeptCase): Promise<void> {
    const { caseId, operation, purpose, collectionId, collectionCreatedAtMs, requestedBy, found } = kept;
    if (found === undefined || finishEnrolment === undefined) return;
    const payload = await documents.read((view) => findPending(view, caseId));
    if (payload === undefined) return;
    try {
      await finishEnrolment({
        caseId,
        operation,
        purpose,
        ...(collectionId !== undefined && { collectionId }),
        ...(collectionCreatedAtMs !== undefined && { collectionCreatedAtMs }),
        requestedBy,
        payload,
        candidates: found,
      });
    } catch (error) {
      parts.notice(`the enrolment of case ${caseId} is not finished and will be tried again: ${String(error)}`);
      return;
    }
    await documents.change((change) => {
      const standing = findCase(change, caseId);
      if (standing !== undefined) finishCase(change, standing);
    });
  }
}

/** Forgets every case of a collection. @returns how many there were */
export function forgetCasesOf(documents: DocumentStore, collectionId: string): Promise<number> {
  return documents.change((change) => {
    const cases = [...casesNamed(change, 'collection', collectionId)];
    for (const { caseId } of cases) forgetCase(change, caseId);
    return cases.length;
  });
}
