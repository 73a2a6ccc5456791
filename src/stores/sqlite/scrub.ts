import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../ports/errors.ts';
import type { Database } from './database.ts';
import type { LogMover } from './log-mover.ts';

/** A reader in another process holds the log up for as long as it reads. */
const TRIES = 100;
const PAUSE_MS = 50;

/** Empties a database's write-ahead log, in which deleted rows linger. */
export interface Scrubber {
  /** Resolves when nothing deleted before is left in the log; calls of one turn share one step. @throws {StoreError} */
  scrub(): Promise<void>;
  /** Lets no step begin before `reading` has ended: the log cannot be emptied while someone reads from it. */
  holdFor(reading: Promise<unknown>): void;
  /** Waits for the steps that have been asked for. */
  settle(): Promise<void>;
}

/**
 * A deletion costs two syncs to disk beside its commit, so those that come together are scrubbed together.
 *
 * @param mover of the database's log, which nobody can empty while it moves
 */
export function createScrubber(database: Database, mover?: LogMover): Scrubber {
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();
  let held: Promise<unknown> = Promise.resolve();

  const emptyLog = async (): Promise<void> => {
    await held;
    for (let tried = 0; tried < TRIES; tried++) {
      await mover?.settle();
      if (database.truncateLog()) return;
      await sleep(PAUSE_MS);
    }
    throw new StoreError('locked', `${database.file} is being read by another process; try again when it has finished`);
  };
  return {
    scrub() {
      next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        next = undefined;
        return emptyLog();
      });
      last = next;
      return next;
    },
    holdFor(reading) {
      const before = held;
      held = reading.catch(() => {}).then(() => before);
    },
    settle: () => last.catch(() => {}),
  };
}
