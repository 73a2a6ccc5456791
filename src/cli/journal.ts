import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One line of a journal: a file that was done as it stood. */
export interface Done {
  readonly file: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** What earlier runs finished, so that one that was stopped goes on where it was. */
export interface Journal {
  has(state: Done): boolean;
  add(state: Done): void;
}

/** A file as it stands now. */
export function stateOf(root: string, file: string): Done {
  const { size, mtimeMs } = statSync(join(root, file));
  return { file, size, mtimeMs };
}

/** What was done, a line per file, under a name that holds no collection and no path. */
export function openJournal(folder: string, names: readonly string[]): Journal {
  const path = join(folder, `${createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 32)}.jsonl`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const done = new Set(before.split('\n'));
  // A line that a kill tore must not swallow the next.
  if (before !== '' && !before.endsWith('\n')) appendFileSync(path, '\n');
  const lineOf = ({ file, size, mtimeMs }: Done) => JSON.stringify([file, size, mtimeMs]);
  return {
    has: (state: Done) => done.has(lineOf(state)),
    add: (state: Done) => appendFileSync(path, `${lineOf(state)}\n`, { mode: 0o600 }),
  };
}
