import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../ports/errors.ts';
import { type Database, openDatabase, selectList } from './database.ts';
import { AUDIT_MIGRATIONS, COLLECTION_MIGRATIONS, GOVERNANCE_MIGRATIONS } from './schema.ts';

/** What a folder of databases holds, as far as it tells whether two are the same. */
export interface SnapshotFacts {
  readonly collections: number;
  readonly faces: number;
  readonly users: number;
  /** Documents of governance, by kind. */
  readonly documents: Readonly<Record<string, number>>;
  /** The end of the audit log; absent for an empty one. */
  readonly auditHead?: { readonly sequence: number; readonly hash: string };
}

/** Whether what governance keeps in a folder can be read: receipts, persons, holds. Nobody else may have it open. */
export function isGovernanceSound(folder: string): boolean {
  const file = join(folder, 'governance.db');
  if (!existsSync(file)) return false;
  try {
    const database = openDatabase(file, GOVERNANCE_MIGRATIONS);
    try {
      requireSound(database);
      return true;
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt') return false;
    throw error;
  }
}

/**
 * Checks the databases of a folder that no one else has open, and counts what is in them.
 *
 * @throws {StoreError} corrupt, naming the file; newer-schema
 */
export function inspectSnapshot(folder: string): SnapshotFacts {
  const withDatabase = <T>(name: string, migrations: readonly string[], work: (database: Database) => T): T => {
    const file = join(folder, name);
    if (!existsSync(file)) throw new StoreError('corrupt', `there is no ${file}`);
    const database = openDatabase(file, migrations);
    try {
      requireSound(database);
      return work(database);
    } finally {
      database.close();
    }
  };
  const count = (database: Database, from: string): number =>
    database.get<{ n: number }>(`SELECT count(*) AS n FROM ${from}`)?.n ?? 0;

  const held = withDatabase('collections.db', COLLECTION_MIGRATIONS, (database) => ({
    collections: count(database, 'collection WHERE condemned = 0'),
    faces: count(database, 'face'),
    users: count(database, 'user'),
  }));
  const documents = withDatabase('governance.db', GOVERNANCE_MIGRATIONS, (database) =>
    Object.fromEntries(
      database
        .all<{ kind: string; n: number }>(
          `SELECT ${selectList({ texts: ['kind'] })}, count(*) AS n FROM document GROUP BY document.kind ORDER BY document.kind`,
        )
        .map(({ kind, n }) => [kind, n]),
    ),
  );
  const auditHead = withDatabase('audit.db', AUDIT_MIGRATIONS, (database) => {
    const row = database.get<{ sequence: number; hash: string }>(
      `SELECT ${selectList({ numbers: ['sequence'], texts: ['hash'] })} FROM entry ORDER BY entry.sequence DESC LIMIT 1`,
    );
    return row && { sequence: row.sequence, hash: row.hash };
  });
  return { ...held, documents, ...(auditHead && { auditHead }) };
}

function requireSound(database: Database): void {
  const [problem] = database
    .all<{ quick_check: string }>(`SELECT ${selectList({ texts: ['quick_check'] })} FROM pragma_quick_check LIMIT 20`)
    .filter(({ quick_check }) => quick_check !== 'ok');
  if (problem === undefined) return;
  throw new StoreError('corrupt', `${database.file} is damaged (${problem.quick_check})`);
}
