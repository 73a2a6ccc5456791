import { type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import type { DocumentStore, KeptDocument } from '../../stores/ports/index.ts';
import type { Grant } from '../grant.ts';
import { documentSource } from '../retention/document-source.ts';
import type { ErasureSource } from '../retention/erasure-source.ts';

/** A contest as it is kept. */
interface KeptContest {
  readonly receiptId: string;
  readonly purpose: string;
  /** Whose it is, so that erasing them takes it along. */
  readonly subject?: string;
  readonly atMs: number;
  readonly text: string;
  readonly faceId?: string;
  readonly answer?: { readonly text: string; readonly atMs: number; readonly by: string };
}

/** A contest as it is told. */
export type ToldContest = OwnResponseOf<'ContestSubject'>;

/** What persons say is wrong, and what the operator answered. */
export interface Contests {
  /** @throws {ServiceError} LimitExceededException when this receipt has as many open ones as it may */
  add(contest: {
    receiptId: string;
    purpose: string;
    subject?: string;
    text: string;
    faceId?: string;
  }): Promise<ToldContest>;
  ofReceipt(receiptId: string): Promise<readonly ToldContest[]>;
  /** Those of the purposes only. */
  list(request: OwnRequestOf<'ListContests'>, purposes: readonly string[]): Promise<OwnResponseOf<'ListContests'>>;
  /** @throws {ServiceError} ResourceNotFoundException, also for one of another purpose */
  answer(request: OwnRequestOf<'AnswerContest'>, by: string, purposes: readonly string[]): Promise<ToldContest>;
}

/** Contests for whoever must answer them. */
export interface ContestDesk {
  list(request: OwnRequestOf<'ListContests'>): Promise<OwnResponseOf<'ListContests'>>;
  answer(request: OwnRequestOf<'AnswerContest'>): Promise<ToldContest>;
}

/** The desk of one person, within the purposes of the key. */
export function contestDeskOf(contests: Contests, { person, purposes = [] }: ContestGrant): ContestDesk {
  return {
    list: (request) => contests.list(request, purposes),
    answer: (request) => contests.answer(request, person, purposes),
  };
}

type ContestGrant = Pick<Grant, 'person' | 'purposes'>;

const mostOpen = 20;
const defaultLimit = 100;

/** Contests over sealed documents. */
export function createContests(parts: {
  readonly documents: DocumentStore;
  readonly clock: () => number;
  readonly ids: () => string;
}): Contests {
  const { documents, clock, ids } = parts;
  // Ids grow with time, so that the oldest comes first.
  const nextId = (): string => `${clock().toString(36).padStart(9, '0')}-${ids()}`;

  return {
    add: ({ receiptId, purpose, subject, text, faceId }) =>
      documents.change((change) => {
        const standing = change.named('contest', 'receipt', receiptId, { limit: 1_000 }).map(keptOf);
        if (standing.filter(({ answer }) => answer === undefined).length >= mostOpen) {
          throw new ServiceError(
            'LimitExceededException',
            `There are ${mostOpen} open contests under this receipt. They must be answered first.`,
          );
        }
        const kept: KeptContest = {
          receiptId,
          purpose,
          ...(subject !== undefined && { subject }),
          atMs: clock(),
          text,
          ...(faceId !== undefined && { faceId }),
        };
        const id = nextId();
        change.put('contest', id, kept, { names: { receipt: receiptId } });
        return told(id, kept);
      }),
    ofReceipt: (receiptId) =>
      documents.read((view) =>
        view
          .named('contest', 'receipt', receiptId, { limit: 1_000 })
          .map((document) => told(document.id, keptOf(document))),
      ),
    list: ({ state, after, limit = defaultLimit }, purposes) =>
      documents.read((view) => {
        const wanted: KeptDocument[] = [];
        for (let afterId = after ?? ''; wanted.length <= limit; ) {
          const page = view.list('contest', { afterId, limit: defaultLimit });
          const theirs = page.filter((document) => purposes.includes(keptOf(document).purpose));
          wanted.push(
            ...theirs.filter((document) => state === undefined || told('', keptOf(document)).state === state),
          );
          const last = page.at(-1);
          if (last === undefined) break;
          afterId = last.id;
        }
        const contests = wanted.slice(0, limit).map((document) => {
          const kept = keptOf(document);
          return { ...told(document.id, kept), receiptId: kept.receiptId, purpose: kept.purpose };
        });
        const last = contests.at(-1);
        return { contests, ...(wanted.length > limit && last && { next: last.contestId }) };
      }),
    answer: ({ contestId, answer }, by, purposes) =>
      documents.change((change) => {
        const document = change.get('contest', contestId);
        if (document === undefined || !purposes.includes(keptOf(document).purpose))
          throw new ServiceError('ResourceNotFoundException', 'There is no such contest.');
        const kept: KeptContest = { ...keptOf(document), answer: { text: answer, atMs: clock(), by } };
        change.put('contest', contestId, kept, { names: { receipt: kept.receiptId } });
        return told(contestId, kept);
      }),
  };
}

/** Contests as something that erasure reaches: their words are about the person who wrote them. */
export function contestSource(documents: DocumentStore): ErasureSource {
  return documentSource({
    documents,
    kind: 'contest',
    name: 'contests',
    what: 'contest',
    heldIn(document) {
      const { subject, purpose, atMs } = keptOf(document);
      return subject === undefined ? [] : [{ purpose, subject, storedAtMs: atMs }];
    },
  });
}

function keptOf({ body }: KeptDocument): KeptContest {
  return body as KeptContest;
}

function told(contestId: string, { atMs, text, faceId, answer }: KeptContest): ToldContest {
  return {
    contestId,
    at: new Date(atMs).toISOString(),
    text,
    ...(faceId !== undefined && { faceId }),
    state: answer === undefined ? 'open' : 'answered',
    ...(answer && { answer: answer.text, answeredAt: new Date(answer.atMs).toISOString() }),
  };
}
