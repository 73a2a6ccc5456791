import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CollectionRecord, CollectionStore, DocumentStore } from '../../stores/ports/index.ts';
import type { PurposeName } from '../policy/index.ts';
import type { CandidateEnds } from './case.ts';

/** A subject that is marked as a minor, under one purpose or all. */
export interface MinorMark {
  readonly purpose: PurposeName | '*';
  /** An ExternalImageId, a UserId, or the FaceId of a face without the first. */
  readonly subject: string;
  readonly person: string;
  readonly reason: string;
  /** `receipt`: the guardian's consent said so. */
  readonly source: 'person' | 'receipt';
  readonly setAtMs: number;
  /** It no longer holds; kept so that it can be answered for. */
  readonly lifted?: { readonly person: string; readonly reason: string; readonly atMs: number };
  /** `YYYY-MM-DD`: from this day (UTC) on it no longer counts; absent: until it is removed. */
  readonly adultFrom?: string;
}

/** What is asked about a collection. */
export type MinorsCollection = Pick<CollectionRecord, 'id' | 'purpose'>;

/** Knows who is a minor. */
export interface Minors {
  /** Marking again replaces the mark. */
  mark(mark: Omit<MinorMark, 'setAtMs'>): Promise<void>;
  /** False when there was no such mark. */
  unmark(
    purpose: PurposeName | '*',
    subject: string,
    by: { readonly person: string; readonly reason: string },
  ): Promise<boolean>;
  /** Whether a mark still counts today. */
  holds(mark: Pick<MinorMark, 'adultFrom'>): boolean;
  /** Every mark, those that have grown up too, in no order that tells anything. */
  list(): Promise<readonly MinorMark[]>;
  /** Whether a face, or the user it belongs to, is of a marked minor. */
  isMinor(collection: MinorsCollection, subject: CandidateEnds): Promise<boolean>;
  /** Whether the collection holds a face or user of a marked minor; cheap but for the first time, which looks for each mark. */
  anyIn(collection: CollectionRecord): Promise<boolean>;
  /** Tells of a subject that the collection now holds; to be called after every face stored and every face that joins a user. */
  seen(collection: MinorsCollection, subject: CandidateEnds): void;
  /** Drops what is in memory, after marks were removed behind it. */
  forget(): void;
}

/** What has been looked at of a collection. */
interface Looked {
  readonly createdAtMs: number;
  faceCount: number;
  userCount: number;
  atMs: number;
  /** Marked subjects that it was seen to hold; one that has left still counts, for caution. */
  readonly held: Set<string>;
}

const pageSize = 500;
/** Marks that are looked for before other calls get their turn. */
const marksAtOnce = 200;
/** Whoever stores a face says so; this long after one that was stored otherwise the collection is looked at again. */
const lookAgainMs = 60_000;

/** The marks in the store of sealed documents, all of them in memory after the first question. */
export function createMinors(parts: {
  readonly documents: DocumentStore;
  readonly collections: Pick<CollectionStore, 'findFaces' | 'subjectPseudonym'>;
  readonly clock: () => number;
}): Minors {
  const { documents, collections, clock } = parts;
  let marks: Promise<Map<string, MinorMark>> | undefined;
  const looked = new Map<string, Looked>();
  const looking = new Map<string, Promise<unknown>>();

  const load = async (): Promise<Map<string, MinorMark>> => {
    const found = await documents.read((view) => {
      const all: MinorMark[] = [];
      for (let afterId = ''; ; ) {
        const page = view.list('minor', { afterId, limit: pageSize });
        all.push(...page.map(({ body }) => body as MinorMark));
        const last = page.at(-1);
        if (last === undefined || page.length < pageSize) return all;
        afterId = last.id;
      }
    });
    const standing = found.filter(({ lifted }) => lifted === undefined);
    return new Map(standing.map((mark) => [markKey(mark.purpose, mark.subject), mark]));
  };
  const known = (): Promise<Map<string, MinorMark>> => {
    marks ??= load().catch((error: unknown) => {
      marks = undefined;
      throw error;
    });
    return marks;
  };
  const holds = (mark: Pick<MinorMark, 'adultFrom'> | undefined): boolean =>
    mark !== undefined && (mark.adultFrom === undefined || clock() < Date.parse(`${mark.adultFrom}T00:00:00Z`));
  const isMarked = (all: Map<string, MinorMark>, purpose: string, subject: string): boolean =>
    holds(all.get(markKey(purpose, subject))) || holds(all.get(markKey('*', subject)));
  const hasAnyMark = (all: Map<string, MinorMark>, purpose: string, subject: string): boolean =>
    all.has(markKey(purpose, subject)) || all.has(markKey('*', subject));

  const isIn = async (collectionId: string, subject: string): Promise<boolean> =>
    (await collections.subjectPseudonym(collectionId, subject)) !== undefined ||
    (await collections.findFaces(collectionId, [subject])).length > 0;

  /** Looks for every mark, since there are fewer of them than faces. */
  async function lookAt(collection: CollectionRecord, all: Map<string, MinorMark>): Promise<Looked> {
    const { id, createdAtMs, faceCount, userCount } = collection;
    const before = looked.get(id);
    const view: Looked =
      before?.createdAtMs === createdAtMs
        ? before
        : { createdAtMs, faceCount: -1, userCount: -1, atMs: Number.NEGATIVE_INFINITY, held: new Set() };
    looked.set(id, view);
    const isChanged = view.faceCount !== faceCount || view.userCount !== userCount;
    if (!isChanged || Math.abs(clock() - view.atMs) < lookAgainMs) return view;
    let sinceTurn = 0;
    for (const { purpose, subject } of all.values()) {
      if ((purpose !== '*' && purpose !== collection.purpose) || view.held.has(subject)) continue;
      if (await isIn(id, subject)) view.held.add(subject);
      sinceTurn += 1;
      if (sinceTurn % marksAtOnce === 0) await nextTurn();
    }
    Object.assign(view, { faceCount, userCount, atMs: clock() });
    return view;
  }

  return {
    async mark(wanted) {
      const mark: MinorMark = { ...wanted, setAtMs: clock() };
      const all = await known();
      const key = markKey(mark.purpose, mark.subject);
      await documents.change((change) => {
        const [standing] = change.named('minor', 'subject', key, { limit: 1 });
        change.put('minor', standing?.id ?? randomUUID(), mark, { names: { subject: key } });
      });
      all.set(key, mark);
      // Those that were looked at without this mark.
      for (const [collectionId, view] of looked) {
        if (await isIn(collectionId, mark.subject).catch(() => false)) view.held.add(mark.subject);
      }
    },
    async unmark(purpose, subject, by) {
      const all = await known();
      const key = markKey(purpose, subject);
      const removed = await documents.change((change) => {
        const standing = change.named('minor', 'subject', key, { limit: 1 });
        for (const { id, body } of standing) {
          // No longer under its name, so a new mark gets a document of its own.
          change.put('minor', id, { ...(body as MinorMark), lifted: { ...by, atMs: clock() } });
        }
        return standing.length > 0;
      });
      all.delete(key);
      return removed;
    },
    holds,
    list: async () => [...(await known()).values()],
    async isMinor({ purpose }, subject) {
      const all = await known();
      if (all.size === 0) return false;
      return subjectsOf(subject).some((name) => isMarked(all, purpose, name));
    },
    async anyIn(collection) {
      const all = await known();
      if (all.size === 0) return false;
      // One look at a time for each collection, so that two searches do not read it twice.
      const before = looking.get(collection.id) ?? Promise.resolve();
      const look = before.catch(() => {}).then(() => lookAt(collection, all));
      looking.set(collection.id, look);
      try {
        const { held } = await look;
        return [...held].some((subject) => isMarked(all, collection.purpose, subject));
      } finally {
        if (looking.get(collection.id) === look) looking.delete(collection.id);
      }
    },
    seen({ id, purpose }, subject) {
      const view = looked.get(id);
      if (view === undefined || marks === undefined) return;
      void marks.then((all) => {
        for (const name of subjectsOf(subject)) if (hasAnyMark(all, purpose, name)) view.held.add(name);
      });
    },
    forget() {
      marks = undefined;
      looked.clear();
    },
  };
}

function subjectsOf({ externalImageId, userId, faceId }: CandidateEnds): readonly string[] {
  return [externalImageId, userId, faceId].filter((name) => name !== undefined);
}

function markKey(purpose: string, subject: string): string {
  return `${purpose}\n${subject}`;
}
