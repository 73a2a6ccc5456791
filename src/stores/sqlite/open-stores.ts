import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Sealer } from '../../shared/sealing.ts';
import { IndexFiles } from '../index-files/index-files.ts';
import type { AuditCheckpointStore, AuditStore } from '../ports/audit.ts';
import type { CollectionStore } from '../ports/collections.ts';
import type { DocumentStore } from '../ports/documents.ts';
import { StoreError } from '../ports/errors.ts';
import type { IdempotencyStore } from '../ports/idempotency.ts';
import type { KeyStore } from '../ports/keys.ts';
import type { VectorIndex } from '../ports/vectors.ts';
import { createFlatIndex } from '../vectors/flat-index.ts';
import { createAuditStore } from './audit-store.ts';
import { createCheckpointStore } from './checkpoint-store.ts';
import { keptCollections } from './collection-spaces.ts';
import { createCollectionSteps, eraseCondemnedCollections } from './collection-steps.ts';
import {
  type CollectionTables,
  createCollectionTables,
  type DamagedCollection,
  tablesOfOnly,
} from './collection-tables.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { type Database, openDatabase, selectList } from './database.ts';
import { createDocumentStore } from './document-store.ts';
import { createFaceSteps } from './face-steps.ts';
import { finishLoading } from './finish-loading.ts';
import { createIdempotencyStore } from './idempotency-store.ts';
import { createKeyStore } from './key-store.ts';
import { loadCollections } from './load-collections.ts';
import { createLogMover, type LogMover } from './log-mover.ts';
import {
  AUDIT_MIGRATIONS,
  COLLECTION_MIGRATIONS,
  GOVERNANCE_MIGRATIONS,
  KEY_MIGRATIONS,
  REQUEST_MIGRATIONS,
} from './schema.ts';
import { createScrubber } from './scrub.ts';
import { sealPlainRows } from './seal-plain-rows.ts';
import { snapshotDatabases } from './snapshot.ts';
import { createStagingSteps } from './staging-steps.ts';
import { createSubjectSteps } from './subject-steps.ts';
import { type CollectionTally, tallyCollection } from './tallies.ts';
import { createTransferSteps } from './transfer-steps.ts';
import { createUseSteps } from './use-rows.ts';
import { createUserSteps } from './user-steps.ts';
import { createVault } from './vault.ts';

const KEYS_FILE = 'keys.db';
const AUDIT_FILE = 'audit.db';
const DATA_FILE = 'collections.db';
const GOVERNANCE_FILE = 'governance.db';
const REQUESTS_FILE = 'requests.db';
/** What the index keeps; derived, and no part of a backup. */
const INDEX_FOLDER = 'index';

/** Everything that is kept, open. */
export interface Stores {
  readonly collections: CollectionStore;
  readonly keys: KeyStore;
  readonly audit: AuditStore;
  readonly auditCheckpoints: AuditCheckpointStore;
  readonly idempotency: IdempotencyStore;
  /** Receipts, persons, cases and what else governance keeps. */
  readonly documents: DocumentStore;
  /** The collections that are refused because they are damaged, for the log and the operator. */
  damagedCollections(): readonly DamagedCollection[];
  /**
   * Copies every database into a folder, made when absent, while requests go on: faces and users first, then receipts
   * and cases, answers, access keys, and the audit log last. Each copy is whole and as of one moment, and later than the
   * one before: whatever a copy holds is recorded in the audit of the same snapshot, and a consent withdrawn meanwhile
   * is withdrawn there too. What is deleted meanwhile may be in the copy, and such a
   * deletion resolves only when the snapshot is done.
   * What is encrypted stays so; keyring.json, the master key and the tombstones are no part of it, nor is the index.
   *
   * @returns the names of the files @throws {StoreError} disk-full
   */
  snapshot(folder: string): Promise<readonly string[]>;
  /** Counts what lies in a collection beside its rows, for who looks for what was left behind. */
  tally(collectionId: string): CollectionTally | undefined;
  /** Resolves when all that was put off at opening is done: users can be searched, and every row has been verified. */
  verified(): Promise<void>;
  /** Bytes that the search index holds in memory. */
  indexMemoryBytes(): number;
  /** Faces and searches that come later are refused; what was acknowledged is safe with or without it. */
  close(): Promise<void>;
}

/** The keys that the stores encrypt and hash with; a keyring is one. */
export interface StoreKeys {
  sealer(name: 'records' | 'collections' | 'access-keys'): Sealer;
  mac(name: 'names', content: string): Buffer;
}

/**
 * Opens the stores of a data folder for the one process that may write it, verifying every collection.
 *
 * @param options.dataDir made when absent; `:memory:` keeps everything in memory, for tests
 * @param options.keys what is encrypted at rest is readable with these alone
 * @param options.vectors the index to fill; closed with the stores; the flat one by default
 * @param options.indexMemoryBytes what the flat index may hold; unbounded when absent
 * @param options.clock now, in ms since 1970
 * @throws {StoreError} locked, corrupt, newer-schema, disk-full
 */
export async function openStores(options: {
  dataDir: string;
  keys: StoreKeys;
  vectors?: VectorIndex;
  indexMemoryBytes?: number;
  clock: () => number;
}): Promise<Stores> {
  const { dataDir, clock } = options;
  const closers: (() => unknown)[] = [];
  const { indexMemoryBytes } = options;
  const vectors =
    options.vectors ?? createFlatIndex(indexMemoryBytes === undefined ? {} : { memoryBytes: indexMemoryBytes });
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
    await vectors.close();
  };
  const open = (name: string, migrations: readonly string[], mover?: LogMover): Database => {
    const database = openDatabase(dataDir === ':memory:' ? dataDir : join(dataDir, name), migrations, mover);
    closers.push(() => database.close());
    return database;
  };

  try {
    if (dataDir !== ':memory:') {
      const lock = lockDataFolder(dataDir, clock());
      closers.push(() => lock.release());
    }
    const keys = open(KEYS_FILE, KEY_MIGRATIONS);
    const requests = open(REQUESTS_FILE, REQUEST_MIGRATIONS);
    const governance = open(GOVERNANCE_FILE, GOVERNANCE_MIGRATIONS);
    for (const small of [keys, requests, governance]) requireSound(small);
    const audit = open(AUDIT_FILE, AUDIT_MIGRATIONS);
    const mover = dataDir === ':memory:' ? undefined : createLogMover(join(dataDir, DATA_FILE));
    const data = open(DATA_FILE, COLLECTION_MIGRATIONS, mover);
    closers.push(() => mover?.close());
    repairIndexes(data);
    const vault = createVault(data, options.keys.sealer('collections'));
    vault.requireKeyring();
    const ofData = createScrubber(data, mover);
    const ofGovernance = createScrubber(governance);
    closers.push(ofData.settle, ofGovernance.settle);
    const files =
      dataDir === ':memory:'
        ? undefined
        : new IndexFiles({
            folder: join(dataDir, INDEX_FOLDER),
            index: vectors,
            kept: () => keptCollections(tables),
          });
    const tables: CollectionTables = createCollectionTables({
      database: data,
      index: vectors,
      vault,
      files,
      scrub: ofData.scrub,
    });
    let closing = false;
    let verified: Promise<void> = Promise.resolve();
    closers.push(async () => {
      closing = true;
      await verified;
      await files?.close();
    });
    await eraseCondemnedCollections(data);
    await sealPlainRows(data, vault);
    const fromFiles = await loadCollections(tables, files);
    verified = finishLoading(tables, fromFiles, () => closing);
    files?.start();
    return {
      collections: collectionsOver(tables, clock),
      keys: createKeyStore(keys, options.keys.sealer('access-keys')),
      audit: createAuditStore(audit),
      auditCheckpoints: createCheckpointStore(audit),
      idempotency: createIdempotencyStore(requests, clock, options.keys.sealer('records')),
      documents: createDocumentStore(
        governance,
        {
          sealer: options.keys.sealer('records'),
          nameHash: (text) => options.keys.mac('names', text).toString('hex'),
        },
        ofGovernance,
      ),
      damagedCollections: () => tables.damaged(),
      tally: (collectionId) => tallyCollection(tables, collectionId),
      verified: () => verified,
      indexMemoryBytes: () => vectors.memoryBytes(),
      snapshot(folder) {
        const copying = snapshotDatabases(
          [
            [DATA_FILE, data],
            [GOVERNANCE_FILE, governance],
            [REQUESTS_FILE, requests],
            [KEYS_FILE, keys],
            [AUDIT_FILE, audit],
          ],
          folder,
        );
        ofData.holdFor(copying);
        ofGovernance.holdFor(copying);
        return copying;
      },
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The store of collections over its tables. */
function collectionsOver(tables: CollectionTables, clock: () => number): CollectionStore {
  return {
    ...createCollectionSteps(tables),
    ...createFaceSteps(tables, clock),
    ...createUserSteps(tables, clock),
    ...createSubjectSteps(tables),
    ...createUseSteps(tables),
    ...createStagingSteps(tables, clock),
    ...createTransferSteps(tables),
    only: (collection) => collectionsOver(tablesOfOnly(tables, collection), clock),
  };
}

/**
 * Opens the audit log to read, without the lock: `likeness audit` runs beside the server. A folder without a log
 * reads as an empty one.
 *
 * @throws {StoreError} corrupt, newer-schema
 */
export function openAuditReader({ dataDir }: { dataDir: string }): Pick<AuditStore, 'last' | 'read'> & {
  readonly checkpoints: Pick<AuditCheckpointStore, 'node' | 'last' | 'read'>;
  close(): void;
} {
  const file = join(dataDir, AUDIT_FILE);
  const database = openDatabase(existsSync(file) ? file : ':memory:', AUDIT_MIGRATIONS);
  database.run('PRAGMA query_only = ON');
  const { last, read } = createAuditStore(database);
  return { last, read, checkpoints: createCheckpointStore(database), close: () => database.close() };
}

/**
 * Faces up to which opening compares every index with its table: 5 us a face (0.1 s here) against 0.9 us for the
 * structure alone. Beyond, loading and lookups notice what matters of it; see knownFaces.
 */
const FULL_CHECK_FACES = 20_000;

/** What SQLite finds wrong with a file; empty when nothing. */
function problems(database: Database, check: 'quick_check' | 'integrity_check'): readonly string[] {
  try {
    const rows = database.all<Record<string, string>>(
      `SELECT ${selectList({ texts: [check] })} FROM pragma_${check} LIMIT 20`,
    );
    return rows.map((row) => row[check] ?? '').filter((line) => line !== 'ok');
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt') return [error.message];
    throw error;
  }
}

function requireSound(database: Database): void {
  const [problem] = problems(database, 'quick_check');
  if (problem !== undefined) {
    throw new StoreError('corrupt', `${database.file} is damaged (${problem}); restore it from a backup`);
  }
}

/** Beyond, a look at the whole file would be most of the opening: damage shows as rows are read, and they all are. */
const QUICK_CHECK_FACES = 200_000;

/** Indexes are derived: when the structure is damaged they are rebuilt, and the rows show for themselves what is left. */
function repairIndexes(database: Database): void {
  const faces = database.get<{ n: number }>('SELECT total(face_count) AS n FROM collection')?.n ?? 0;
  if (faces > QUICK_CHECK_FACES) return;
  if (problems(database, faces <= FULL_CHECK_FACES ? 'integrity_check' : 'quick_check').length === 0) return;
  try {
    database.run('REINDEX');
  } catch (error) {
    if (!(error instanceof StoreError && error.code === 'corrupt')) throw error;
  }
}
