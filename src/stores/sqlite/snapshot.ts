import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Database } from './database.ts';

/**
 * Copies databases into a folder, one after another without a turn of the event loop between them. The copies are
 * rewritten, not taken page by page: nothing that was deleted is in them.
 *
 * @returns the names of the files
 */
export async function snapshotDatabases(databases: readonly Database[], folder: string): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const names = databases.map((database) => basename(database.file));
  for (const [i, database] of databases.entries()) {
    const file = join(folder, names[i] ?? '');
    // Made before SQLite does it, which would let the umask decide who reads it; it takes an empty file.
    closeSync(openSync(file, 'wx', 0o600));
    database.run('VACUUM INTO ?', [file]);
  }
  return names;
}
