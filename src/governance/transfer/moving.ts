import type { CollectionRecord, CollectionStore, FaceRecord, MovedFace, WalkedFace } from '../../stores/ports/index.ts';
import type { ConsentLedger } from '../consent/ledger.ts';
import type { EnrolmentParts } from '../enforce/enrolment.ts';
import { leastLikenessOf } from '../enforce/enrolment.ts';
import { needsReceipt } from '../policy/index.ts';

/** A part of a walk over the faces that may be exported. */
export interface Walk {
  readonly faces: readonly WalkedFace[];
  /** The cursor after the last face that was looked at, exported or not; absent where there was none. */
  readonly reached?: number;
  /** Whether there is nothing after it. */
  readonly isLast: boolean;
}

/** What an export reads of the granted collection. */
export interface ExportSource {
  readonly record: CollectionRecord;
  tags(): Promise<Readonly<Record<string, string>>>;
  walk(page: { after?: number; upTo?: number; limit: number; templates: boolean }): Promise<Walk>;
  /** In the order of ids, all that were looked at up to `next`. */
  users(page: {
    after?: string;
    limit: number;
  }): Promise<{ readonly userIds: readonly string[]; readonly next?: string }>;
  /** The names under which faces and users stand. */
  names(page: {
    after?: string;
    limit: number;
  }): Promise<{ readonly names: readonly string[]; readonly next?: string }>;
  /** Whether faces or a user stand under a name. */
  holds(subject: string): Promise<boolean>;
}

/** Why a face of a file is left out. */
export type LeftReason = 'gone' | 'erased' | 'erasure-suspended' | 'no-consent' | 'unlike';

/** What became of faces on their way in. */
export interface Entered {
  readonly stored: readonly MovedFace[];
  /** Those that stood here already, the same in everything. */
  readonly standing: readonly MovedFace[];
  readonly left: readonly { readonly face: MovedFace; readonly reason: LeftReason }[];
}

/** Where the faces of a file come from, as tombstones know it. */
export interface Origin {
  readonly collectionId: string;
  /** Whether it was this server that wrote it. */
  readonly isOwn: boolean;
}

/** What an import writes to the granted collection. */
export interface ImportTarget {
  readonly record: CollectionRecord;
  add(faces: readonly MovedFace[], origin: Origin): Promise<Entered>;
  /** Whether a user may be there at all. */
  admitsUser(userId: string): Promise<boolean>;
  /** Makes a user unless it is there. */
  createUser(userId: string): Promise<void>;
  walk(page: { after: number; limit: number }): Promise<Walk>;
  /** Gives faces that stand here to a user, which is made where it is missing; what they have already stays. */
  associate(userId: string, faceIds: readonly string[]): Promise<void>;
}

/** Faces stored at a time: turning and sealing one takes a millisecond or so of everyone's time. */
const slice = 100;

/** What an export reads, over the store. */
export function exportSourceOf(store: CollectionStore, record: CollectionRecord): ExportSource {
  const { id } = record;
  return {
    record,
    tags: () => store.tags(id),
    walk: (page) => walkOver(store, id, page),
    async users({ after, limit }) {
      const users = await store.listUsers(id, { limit, ...(after !== undefined && { afterUserId: after }) });
      const userIds = users.map(({ userId }) => userId);
      const last = userIds.at(-1);
      return { userIds, ...(userIds.length === limit && last !== undefined && { next: last }) };
    },
    async names({ after, limit }) {
      const { subjects, cursor } = await store.listSubjects(id, { limit, ...(after !== undefined && { after }) });
      const names = subjects.flatMap(({ kind, subject }) => (kind === 'name' ? [subject] : []));
      return { names, ...(cursor !== undefined && { next: cursor }) };
    },
    holds: async (subject) =>
      (await store.subjectPseudonym(id, subject)) !== undefined || (await store.findFaces(id, [subject])).length > 0,
  };
}

/** What an import writes, over the store. @param limits faces that a collection and a user may hold */
export function importTargetOf(
  store: CollectionStore,
  record: CollectionRecord,
  limits: { readonly collectionFaces: number; readonly userFaces: number },
): ImportTarget {
  const { id } = record;
  const target: ImportTarget = {
    record,
    async add(faces) {
      const fresh = new Set<string>();
      for (let at = 0; at < faces.length; at += slice) {
        const some = faces.slice(at, at + slice);
        const moved = { modelVersion: record.modelVersion, faces: some, maxFaces: limits.collectionFaces };
        for (const faceId of await store.importFaces(id, moved)) fresh.add(faceId);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return {
        stored: faces.filter(({ faceId }) => fresh.has(faceId)),
        standing: faces.filter(({ faceId }) => !fresh.has(faceId)),
        left: [],
      };
    },
    walk: (page) => walkOver(store, id, { ...page, templates: false }),
    admitsUser: async () => true,
    async createUser(userId) {
      if ((await store.findUser(id, userId)) === undefined) await store.createUser(id, userId);
    },
    async associate(userId, faceIds) {
      await target.createUser(userId);
      const user = await store.findUser(id, userId);
      const faces = await store.findFaces(id, faceIds);
      const free = faces.filter((face) => face.userId === undefined).map(({ faceId }) => faceId);
      if (user === undefined || free.length === 0) return;
      await store.associateFaces(id, userId, { faceIds: free, revision: user.revision, maxFaces: limits.userFaces });
    },
  };
  return target;
}

async function walkOver(
  store: CollectionStore,
  collectionId: string,
  page: Parameters<CollectionStore['walkFaces']>[1],
): Promise<Walk> {
  const faces = await store.walkFaces(collectionId, page);
  const reached = faces.at(-1)?.cursor;
  return { faces, ...(reached !== undefined && { reached }), isLast: faces.length < page.limit };
}

/** An export that holds only whose consent stands, where the purpose needs one. */
export function consentedExport(
  source: ExportSource,
  { purpose, record, ledger }: Pick<EnrolmentParts, 'purpose' | 'record' | 'ledger'>,
): ExportSource {
  if (!needsReceipt(purpose)) return source;
  const consents = (subject: string | undefined): Promise<boolean> =>
    isConsenting(ledger, { purpose: purpose.name, collectionId: record.id, subject });
  return {
    ...source,
    async walk(page) {
      const walked = await source.walk(page);
      const stands = await Promise.all(walked.faces.map(({ face }) => consents(subjectOf(face))));
      return { ...walked, faces: walked.faces.filter((_, i) => stands[i]) };
    },
    users: async (page) => keepWhere(await source.users(page), 'userIds', consents),
    names: async (page) => keepWhere(await source.names(page), 'names', consents),
  };
}

/**
 * An import that lets in only whose consent stands at the moment of storing, one by one and under the subject's lock,
 * and no face that does not look like its subject's others: as enrolling does.
 */
export function consentedImport(target: ImportTarget, parts: EnrolmentParts): ImportTarget {
  const { purpose, record, ledger, locks, likeness } = parts;
  if (!needsReceipt(purpose)) return target;
  const least = leastLikenessOf(purpose);
  const whileConsenting = <T>(subject: string | undefined, store: () => Promise<T>, otherwise: T): Promise<T> =>
    subject === undefined
      ? Promise.resolve(otherwise)
      : locks.hold(purpose.name, subject, async () =>
          (await isConsenting(ledger, { purpose: purpose.name, collectionId: record.id, subject }))
            ? store()
            : otherwise,
        );
  return {
    ...target,
    async add(faces, origin) {
      const entered: Entered[] = [];
      for (const face of faces) {
        const subject = face.externalImageId;
        const left = (reason: LeftReason): Entered => ({ stored: [], standing: [], left: [{ face, reason }] });
        const enter = async (): Promise<Entered> => {
          const similarity = await likeness.ofTemplate(subject ?? '', face.template);
          if (similarity !== undefined && similarity < least) return left('unlike');
          return target.add([face], origin);
        };
        entered.push(await whileConsenting(subject, enter, left('no-consent')));
      }
      return joined(entered);
    },
    admitsUser: async (userId) =>
      (await target.admitsUser(userId)) &&
      (await isConsenting(ledger, { purpose: purpose.name, collectionId: record.id, subject: userId })),
    createUser: (userId) => whileConsenting(userId, () => target.createUser(userId), undefined),
    associate: (userId, faceIds) => whileConsenting(userId, () => target.associate(userId, faceIds), undefined),
  };
}

/** Several of them as one. */
export function joined(several: readonly Entered[]): Entered {
  return {
    stored: several.flatMap(({ stored }) => stored),
    standing: several.flatMap(({ standing }) => standing),
    left: several.flatMap(({ left }) => left),
  };
}

function subjectOf({ externalImageId, userId }: FaceRecord): string | undefined {
  return externalImageId ?? userId;
}

async function isConsenting(
  ledger: ConsentLedger,
  asked: Omit<Parameters<ConsentLedger['activeReceipt']>[0], 'subject'> & { readonly subject: string | undefined },
): Promise<boolean> {
  const { subject } = asked;
  return subject !== undefined && (await ledger.activeReceipt({ ...asked, subject })) !== undefined;
}

async function keepWhere<Name extends string, Page extends { readonly [N in Name]: readonly string[] }>(
  page: Page,
  name: Name,
  may: (one: string) => Promise<boolean>,
): Promise<Page> {
  const stands = await Promise.all(page[name].map(may));
  return { ...page, [name]: page[name].filter((_, i) => stands[i]) };
}
