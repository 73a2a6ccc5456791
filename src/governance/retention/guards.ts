import { ServiceError } from '../../contract/index.ts';
import type { CollectionRecord, CollectionStore, FaceRecord, MovedFace } from '../../stores/ports/index.ts';
import type { CollectionCatalog, FaceSearch, FaceWriter, Reembedder, UserWriter } from '../capabilities.ts';
import type { Policy, PurposeName } from '../policy/index.ts';
import type { Entered, ExportSource, ImportTarget, Origin } from '../transfer/moving.ts';
import type { LegalHolds } from './legal-holds.ts';
import type { Suspended } from './suspended.ts';
import type { Tombstones } from './tombstones.ts';
import type { FaceUses } from './uses.ts';

/** Holds what operations do with collections to retention: uses are noted, holds hold, deletions are remembered. */
export interface RetentionGuards {
  /**
   * A search that finds nobody whose erasure a legal hold suspends, and notes whom it found.
   * @param notes false where what is found is not what is answered
   */
  search(search: FaceSearch, collection: CollectionRecord, notes?: boolean): FaceSearch;
  /** Whether a legal hold suspends the erasure of who bears this name, so that nobody is told of them. */
  hides(collection: Pick<CollectionRecord, 'id' | 'purpose'>, subject: string): boolean;
  /** Deletes no face on hold; where consent is needed, what was deleted does not come back with a backup. */
  faceWriter(writer: FaceWriter): FaceWriter;
  /** Moves nobody to another face model whose erasure a hold suspends, and drops no face on hold. */
  reembedder(reembedder: Reembedder): Reembedder;
  /** Exports nobody whose erasure a hold suspends. */
  exporting(source: ExportSource): ExportSource;
  /** Brings back nobody who was erased here since they were stored, and nobody whose erasure a hold suspends. */
  importing(target: ImportTarget): ImportTarget;
  /** Whether a subject was erased, under this purpose or all, at or after a time. */
  erasedSince(collection: Pick<CollectionRecord, 'purpose'>, subject: string, sinceMs: number): boolean;
  /** Deletes no user on hold. */
  userWriter(writer: UserWriter): UserWriter;
  /** Deletes no collection on hold or with someone in it who is. */
  deleteCollection(
    collection: CollectionRecord,
    work: CollectionCatalog['delete'],
  ): ReturnType<CollectionCatalog['delete']>;
}

/** What the guards stand on. */
export interface GuardParts {
  readonly policy: Policy;
  readonly collections: Pick<CollectionStore, 'findFaces' | 'eraseFaces'>;
  readonly holds: LegalHolds;
  readonly heldBy: (target: { kind: 'collection'; collectionId: string }) => Promise<readonly string[]>;
  readonly suspended: Suspended;
  readonly tombstones: Pick<Tombstones, 'add' | 'has' | 'hashOf' | 'of'>;
  readonly uses: Pick<FaceUses, 'note' | 'noteUsers'>;
  readonly clock: () => number;
  readonly ids: () => string;
}

/** Makes the guards. */
export function createGuards(parts: GuardParts): RetentionGuards {
  const { policy, collections, holds, suspended, tombstones, uses, clock, ids } = parts;

  const rowOf = (collection: CollectionRecord) => policy.purposes[collection.purpose as PurposeName];
  /** Where people consented, deleting keeps a promise; a photo library's own deletions may be undone from a backup. */
  const isPromise = (collection: CollectionRecord): boolean => {
    const consent = rowOf(collection)?.consent;
    return consent === 'required' || consent === 'guardian-or-legal-basis';
  };

  const requireFacesFree = async (record: CollectionRecord, faceIds: readonly string[]): Promise<void> => {
    if (holds.active().length === 0) return;
    for (const face of await collections.findFaces(record.id, faceIds)) {
      const subjects = [face.externalImageId, face.userId, face.faceId].filter((name) => name !== undefined);
      requireFree(holds.over({ purpose: record.purpose, collectionId: record.id, subjects }));
    }
  };
  const rememberDeleted = async (record: CollectionRecord, faceIds: readonly string[]): Promise<void> => {
    if (!isPromise(record) || faceIds.length === 0) return;
    const targets = faceIds.map((faceId) => ({ kind: 'face', collectionId: record.id, faceId }) as const);
    await tombstones.add(targets, { erasedAtMs: clock(), certificateId: `delete-faces-${ids()}` });
  };

  return {
    search(search, collection, notes = true) {
      const notesUses = notes && rowOf(collection)?.retention.idleDays !== null;
      const { id: collectionId, purpose } = collection;
      const isHidden = (found: { faceId?: string; externalImageId?: string; userId?: string }): boolean =>
        suspended.hides({ ...found, purpose, collectionId });
      return {
        ...search,
        async searchFaces(probe, options, signal) {
          const found = (await search.searchFaces(probe, options, signal)).filter(({ face }) => !isHidden(face));
          if (notesUses) {
            uses.note(
              collectionId,
              found.map(({ face }) => face.faceId),
            );
          }
          return found;
        },
        async searchUsers(probe, options, signal) {
          const found = (await search.searchUsers(probe, options, signal)).filter(({ user }) => !isHidden(user));
          if (notesUses) {
            uses.noteUsers(
              collectionId,
              found.map(({ user }) => user.userId),
            );
          }
          return found;
        },
        async faceProbe(faceId) {
          const [face] = await collections.findFaces(collectionId, [faceId]);
          return face === undefined || isHidden(face) ? undefined : search.faceProbe(faceId);
        },
        async userProbe(userId) {
          return isHidden({ userId }) ? undefined : search.userProbe(userId);
        },
      };
    },
    hides: ({ id: collectionId, purpose }, subject) => suspended.hides({ purpose, collectionId, userId: subject }),
    faceWriter(writer) {
      const { record } = writer;
      return {
        ...writer,
        async deleteFaces(faceIds) {
          await requireFacesFree(record, faceIds);
          const result = await writer.deleteFaces(faceIds);
          await rememberDeleted(record, result.deleted);
          return result;
        },
      };
    },
    reembedder(reembedder) {
      const { record } = reembedder;
      const isHidden = (face: FaceRecord): boolean =>
        suspended.hides({ ...face, purpose: record.purpose, collectionId: record.id });
      const admit: Reembedder['admit'] = async (faces) => {
        const rest = await reembedder.admit(faces.filter((face) => !isHidden(face)));
        const hidden = faces.filter(isHidden).map(({ faceId }) => ({ faceId, reason: 'erasure-suspended' as const }));
        return { admitted: rest.admitted, refused: [...hidden, ...rest.refused] };
      };
      return {
        ...reembedder,
        admit,
        async stage(modelVersion, faces) {
          const hidden = faces.filter(({ face }) => isHidden(face));
          const result = await reembedder.stage(
            modelVersion,
            faces.filter((one) => !hidden.includes(one)),
          );
          const refused = hidden.map(({ face }) => ({ faceId: face.faceId, reason: 'erasure-suspended' as const }));
          return { staged: result.staged, refused: [...refused, ...result.refused] };
        },
        async finish(modelVersion, dropFaceIds) {
          await requireFacesFree(record, dropFaceIds);
          const result = await reembedder.finish(modelVersion, dropFaceIds);
          await rememberDeleted(record, dropFaceIds);
          return result;
        },
      };
    },
    exporting(source) {
      const { id: collectionId, purpose } = source.record;
      const isHidden = (found: { faceId?: string; externalImageId?: string; userId?: string }): boolean =>
        suspended.hides({ ...found, purpose, collectionId });
      return {
        ...source,
        async walk(page) {
          const walked = await source.walk(page);
          return { ...walked, faces: walked.faces.filter(({ face }) => !isHidden(face)) };
        },
        async users(page) {
          const found = await source.users(page);
          return { ...found, userIds: found.userIds.filter((userId) => !isHidden({ userId })) };
        },
        async names(page) {
          const found = await source.names(page);
          return { ...found, names: found.names.filter((name) => !isHidden({ userId: name })) };
        },
      };
    },
    importing(target) {
      const { record } = target;
      const isErased = (face: MovedFace, origin: Origin): boolean => {
        const { faceId, storedAtMs } = face;
        const held = { what: 'face', purpose: record.purpose, faceId, storedAtMs } as const;
        const named = face.externalImageId === undefined ? {} : { subject: face.externalImageId };
        return (
          tombstones.of({ ...held, ...named, collectionId: record.id }) !== undefined ||
          tombstones.has(tombstones.hashOf({ kind: 'face', collectionId: origin.collectionId, faceId })) ||
          (origin.isOwn && tombstones.of({ ...held, collectionId: origin.collectionId }) !== undefined)
        );
      };
      const isHidden = (face: MovedFace): boolean =>
        suspended.hides({ ...face, purpose: record.purpose, collectionId: record.id });
      const hidesUser = (userId: string): boolean =>
        suspended.hides({ userId, purpose: record.purpose, collectionId: record.id });
      return {
        ...target,
        async add(faces, origin) {
          const left: Entered['left'][number][] = [];
          const free = faces.filter((face) => {
            if (isErased(face, origin)) left.push({ face, reason: 'erased' });
            else if (isHidden(face)) left.push({ face, reason: 'erasure-suspended' });
            else return true;
            return false;
          });
          const entered = await target.add(free, origin);
          // Whoever was erased between the look and the storing: their rows were not there yet to be erased.
          const late = entered.stored.filter((face) => isErased(face, origin));
          if (late.length === 0) return { ...entered, left: [...left, ...entered.left] };
          await collections.eraseFaces(
            record.id,
            late.map(({ faceId }) => faceId),
          );
          return {
            stored: entered.stored.filter((face) => !late.includes(face)),
            standing: entered.standing,
            left: [...left, ...entered.left, ...late.map((face) => ({ face, reason: 'erased' as const }))],
          };
        },
        // When a user was made is not known, so any erasure of its name counts, unless a younger face brings it in.
        admitsUser: async (userId) =>
          !hidesUser(userId) &&
          tombstones.of({ what: 'user', subject: userId, purpose: record.purpose, storedAtMs: 0 }) === undefined &&
          (await target.admitsUser(userId)),
        async associate(userId, faceIds) {
          if (!hidesUser(userId)) await target.associate(userId, faceIds);
        },
      };
    },
    erasedSince: ({ purpose }, subject, sinceMs) =>
      tombstones.of({ what: 'consent', subject, purpose, storedAtMs: sinceMs }) !== undefined,
    userWriter(writer) {
      const { record } = writer;
      return {
        ...writer,
        async deleteUser(userId) {
          requireFree(holds.over({ purpose: record.purpose, collectionId: record.id, subjects: [userId] }));
          return writer.deleteUser(userId);
        },
      };
    },
    async deleteCollection(collection, work) {
      if (holds.active().length > 0) {
        const held = await parts.heldBy({ kind: 'collection', collectionId: collection.id });
        requireFree(held.map((holdId) => ({ holdId })));
      }
      const deleted = await work();
      if (deleted && isPromise(collection)) {
        const erasedAtMs = clock();
        await tombstones.add([{ kind: 'collection', collectionId: collection.id }], {
          erasedAtMs,
          certificateId: `delete-collection-${ids()}`,
        });
        // One that is made anew under this name must be younger than the tombstone.
        if (clock() === erasedAtMs) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return deleted;
    },
  };
}

function requireFree(held: readonly { readonly holdId: string }[]): void {
  if (held.length === 0) return;
  throw new ServiceError(
    'AccessDeniedException',
    `The legal hold ${held.map(({ holdId }) => holdId).join(', ')} keeps this from being deleted until two persons release it. Read docs/accountability.md#retention.`,
  );
}
