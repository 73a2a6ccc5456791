import type { IndexFiles } from '../index-files/index-files.ts';
import type { CollectionRecord } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import { IndexMemoryError, type VectorIndex } from '../ports/vectors.ts';
import { type CollectionRow, findCollectionRow } from './collection-rows.ts';
import type { Database } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Vault } from './vault.ts';

/** A collection that is refused because what is stored of it can't be trusted. */
export interface DamagedCollection {
  readonly collectionId: string;
  readonly reason: string;
}

/** The tables of collections.db and the index that follows them, with the quarantine that stands before both. */
export interface CollectionTables {
  readonly database: Database;
  readonly index: VectorIndex;
  readonly vault: Vault;
  /** What the index keeps on disk; absent where it keeps nothing. */
  readonly files: IndexFiles | undefined;
  /** Of collections whose users are still being loaded, by number: what a search for users waits for. */
  readonly loadingUsers: Map<number, Promise<void>>;
  /** Runs `work` unless the collection is quarantined, and quarantines it when `work` finds damage. */
  guard<T>(collectionId: string, work: () => T): T;
  /** `work` over the collection's verified row. @throws {StoreError} collection-not-found, corrupt */
  read<T>(collectionId: string, work: (collection: CollectionRow) => T): T;
  /** As {@link CollectionTables.read}, in one transaction. */
  change<T>(collectionId: string, work: (collection: CollectionRow) => T): T;
  /**
   * As {@link CollectionTables.change}, in a transaction that is shared with other steps, and `committed` right after it;
   * see {@link RunTogether}.
   */
  changeTogether<T>(
    collectionId: string,
    work: (collection: CollectionRow) => T,
    committed?: (result: T) => void,
  ): Promise<T>;
  /** Lets the index follow a committed change; a collection whose index could not follow is quarantined. */
  follow(collectionId: string, work: () => void): void;
  quarantine(collectionId: string, reason: string): void;
  /** Refuses a collection that does not fit into the memory of the index. */
  refuseForMemory(collectionId: string, error: IndexMemoryError): void;
  /**
   * Quarantines a collection whose own row is damaged, its id perhaps too: until it is gone, an id that is not found
   * may be its true one, and is refused as damaged instead of answered with "not there".
   */
  quarantineRow(collectionId: string): void;
  /** Whether a row is of the collection that the caller means; see {@link tablesOfOnly}. */
  isMeant(collection: CollectionRow): boolean;
  /** The collection's verified row, or undefined when it certainly is not there. @throws {StoreError} corrupt */
  find(collectionId: string): CollectionRow | undefined;
  /** As {@link CollectionTables.find}, and a quarantined one too unless it is its own row that is damaged. */
  findDamaged(collectionId: string): CollectionRow | undefined;
  /** Forgets a quarantine, because the collection is gone. */
  release(collectionId: string): void;
  damaged(): readonly DamagedCollection[];
  /**
   * Overwrites what committed deletions have left in the write-ahead log and in the index's files; several at once
   * share one step.
   */
  scrub(): Promise<void>;
}

/** Of whose vectors a space holds: a collection's by one face model. */
export type SpaceOwner = Pick<CollectionRow, 'number' | 'model_version'>;

/** The index's space of a collection's faces. */
export function faceSpace({ number, model_version }: SpaceOwner): string {
  return `${number}/${model_version}/faces`;
}

/** The index's space of a collection's users. */
export function userSpace({ number, model_version }: SpaceOwner): string {
  return `${number}/${model_version}/users`;
}

/** Joins the rows and the index, with nothing in quarantine. */
export function createCollectionTables(parts: {
  database: Database;
  index: VectorIndex;
  vault: Vault;
  files: IndexFiles | undefined;
  scrub: () => Promise<void>;
}): CollectionTables {
  const { database, index, vault, files } = parts;
  const together = createGroupCommit(database);
  const reasons = new Map<string, string>();
  const memoryReasons = new Map<string, string>();
  const damagedRows = new Set<string>();

  /** Refusals that have been thrown: an outer guard hands them through. */
  const refusals = new WeakSet<StoreError>();
  const refusal = (collectionId: string, reason: string, cause?: unknown): StoreError => {
    const error = new StoreError(
      'corrupt',
      `collection ${collectionId} is damaged and not answered from: ${reason}. Restore the data folder from a backup, ` +
        'or delete the collection and index its images again',
      { cause },
    );
    refusals.add(error);
    return error;
  };

  const tables: CollectionTables = {
    database,
    index,
    vault,
    files,
    loadingUsers: new Map(),
    async scrub() {
      await Promise.all([parts.scrub(), files?.settle()]);
    },
    isMeant: () => true,
    guard(collectionId, work) {
      const memoryReason = memoryReasons.get(collectionId);
      if (memoryReason !== undefined) throw new StoreError('does-not-fit', memoryReason);
      const reason = reasons.get(collectionId);
      if (reason !== undefined) throw refusal(collectionId, reason);
      try {
        return work();
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'corrupt') || refusals.has(error)) throw error;
        reasons.set(collectionId, error.message);
        throw refusal(collectionId, error.message, error);
      }
    },
    find: (collectionId) =>
      tables.guard(collectionId, () => {
        const collection = findCollectionRow(database, collectionId);
        const [damagedRow] = damagedRows;
        if (collection === undefined && damagedRow !== undefined) {
          throw refusal(damagedRow, `its own row is damaged, so that ${collectionId} may be its true name`);
        }
        return collection;
      }),
    findDamaged: (collectionId) =>
      (reasons.has(collectionId) && !damagedRows.has(collectionId)) || memoryReasons.has(collectionId)
        ? findCollectionRow(database, collectionId)
        : tables.find(collectionId),
    read: (collectionId, work) =>
      tables.guard(collectionId, () => {
        const collection = tables.find(collectionId);
        if (collection === undefined) {
          throw new StoreError('collection-not-found', `there is no collection ${collectionId}`);
        }
        return work(collection);
      }),
    change: (collectionId, work) => database.write(() => tables.read(collectionId, work)),
    changeTogether: (collectionId, work, committed) => together(() => tables.read(collectionId, work), committed),
    follow(collectionId, work) {
      try {
        work();
      } catch (error) {
        const reason = 'its search index could not follow its rows; start again to rebuild it';
        reasons.set(collectionId, reason);
        throw refusal(collectionId, reason, error);
      }
    },
    quarantine: (collectionId, reason) => void reasons.set(collectionId, reason),
    refuseForMemory(collectionId, error) {
      memoryReasons.set(
        collectionId,
        `collection ${collectionId} is not answered from: ${error.message}. Give the index more memory ` +
          '(LIKENESS_INDEX_MEMORY_MIB), or delete other collections, and start again',
      );
    },
    quarantineRow(collectionId) {
      tables.quarantine(collectionId, 'its own row does not bear its checksum');
      damagedRows.add(collectionId);
    },
    release(collectionId) {
      reasons.delete(collectionId);
      memoryReasons.delete(collectionId);
      damagedRows.delete(collectionId);
    },
    damaged: () => [...reasons, ...memoryReasons].map(([collectionId, reason]) => ({ collectionId, reason })),
  };
  return tables;
}

/** Finds out whether the index has room for more vectors of a collection. @throws {StoreError} index-full */
export function requireRoom(tables: CollectionTables, collection: CollectionRow, space: string, more: number): void {
  try {
    tables.index.reserve(space, more);
  } catch (error) {
    if (!(error instanceof IndexMemoryError)) throw error;
    throw new StoreError('index-full', `nothing was added to collection ${collection.id}: ${error.message}`, {
      cause: error,
    });
  }
}

/** @throws {StoreError} model-changed */
export function requireModel(collection: CollectionRow, modelVersion: string): void {
  if (collection.model_version === modelVersion) return;
  throw new StoreError(
    'model-changed',
    `collection ${collection.id} was moved to the face model ${collection.model_version}`,
  );
}

/**
 * The tables for one collection: one that was made later under its name is not there for them, and one that was moved
 * to another face model is refused, as its templates cannot be compared with those of who asks.
 */
export function tablesOfOnly(
  tables: CollectionTables,
  meant: Pick<CollectionRecord, 'id' | 'purpose' | 'createdAtMs' | 'modelVersion'>,
): CollectionTables {
  const isMeant = ({ id, purpose, created_at_ms }: CollectionRow): boolean =>
    id === meant.id && purpose === meant.purpose && created_at_ms === meant.createdAtMs;
  const meantOnly = (collection: CollectionRow | undefined): CollectionRow | undefined =>
    collection !== undefined && isMeant(collection) ? collection : undefined;
  const checked =
    <T>(work: (collection: CollectionRow) => T) =>
    (collection: CollectionRow): T => {
      if (isMeant(collection)) {
        requireModel(collection, meant.modelVersion);
        return work(collection);
      }
      throw new StoreError('collection-not-found', `there is no collection ${collection.id} any more`);
    };
  return {
    ...tables,
    isMeant,
    read: (collectionId, work) => tables.read(collectionId, checked(work)),
    change: (collectionId, work) => tables.change(collectionId, checked(work)),
    changeTogether: (collectionId, work, committed) => tables.changeTogether(collectionId, checked(work), committed),
    find: (collectionId) => meantOnly(tables.find(collectionId)),
    findDamaged: (collectionId) => meantOnly(tables.findDamaged(collectionId)),
  };
}
