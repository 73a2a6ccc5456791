import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../ports/errors.ts';
import { type Database, openDatabase } from './database.ts';

const LOCK_FILE = 'lock.db';
const HOLDER_FILE = 'lock-holder.json';

/** The one right to write a data folder. */
export interface DataFolderLock {
  release(): void;
}

/**
 * Takes the right to write a data folder: a write transaction that stays open in a database of its own. The system
 * drops it with the process, however that ends, so that no stale lock is ever left. `lock-holder.json` only tells
 * people who has it. Nobody may open lock.db by other means in this process: closing a file drops its POSIX locks.
 *
 * @throws {StoreError} locked, with the holder and what to do
 */
export function lockDataFolder(dataDir: string, nowMs: number): DataFolderLock {
  const file = join(dataDir, LOCK_FILE);
  const database = openDatabase(file, []);
  try {
    hold(database);
  } catch (error) {
    database.close();
    if (error instanceof StoreError && error.code === 'locked') {
      throw new StoreError(
        'locked',
        `the data folder ${dataDir} is in use by ${describeHolder(dataDir)}; stop it, or set another folder`,
        { cause: error },
      );
    }
    throw error;
  }
  const label = (ended: { readonly released?: true }): void => {
    try {
      const holder = { pid: process.pid, since: new Date(nowMs).toISOString(), ...ended };
      writeFileSync(join(dataDir, HOLDER_FILE), `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    } catch {
      // The lock holds without its label; a full disk must not keep the store from opening.
    }
  };
  label({});
  return {
    release: () => {
      // While the lock is held still, so that the next holder's label is not overwritten.
      label({ released: true });
      database.close();
    },
  };
}

function hold(database: Database): void {
  database.run('PRAGMA busy_timeout=200');
  database.run('BEGIN IMMEDIATE');
}

function describeHolder(dataDir: string): string {
  try {
    const holder: unknown = JSON.parse(readFileSync(join(dataDir, HOLDER_FILE), 'utf8'));
    if (typeof holder === 'object' && holder !== null && 'pid' in holder && 'since' in holder) {
      return `process ${String(holder.pid)} since ${String(holder.since)}`;
    }
  } catch {
    // The label is a courtesy.
  }
  return 'another process';
}
