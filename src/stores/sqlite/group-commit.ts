import { StoreError } from '../ports/errors.ts';
import type { Database } from './database.ts';

/** Steps of one transaction at most; bounds what a lost disk undoes at once, not the queue. */
const MOST_STEPS = 128;
/** A transaction that has lasted so long takes no further step: searches wait for the thread that commits. */
const LONGEST_MS = 4;

/**
 * Runs `work` in a transaction that it may share with others, and `committed` as soon as that has been committed,
 * before anyone else runs. A throw of `work` undoes `work` alone. `work` may be run a second time, in a transaction of
 * its own, after everything it did was undone; until it has been committed it must leave no trace but in the database.
 *
 * @returns what `work` returned, once it is durable
 */
export type RunTogether = <T>(work: () => T, committed?: (result: T) => void) => Promise<T>;

interface Step {
  /** Returns what settles the caller well once the transaction has been committed. */
  readonly run: () => () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Lets steps that come in the same turn of the event loop, or while others are being committed, share one sync to
 * disk, in the order in which they came. A step that comes alone is a transaction of its own, without delay.
 *
 * @param options.longestMs after which a transaction takes no further step
 */
export function createGroupCommit(database: Database, { longestMs = LONGEST_MS } = {}): RunTogether {
  const waiting: Step[] = [];
  let draining = false;

  const alone = ({ run, reject }: Step): void => {
    let settle: () => void;
    try {
      settle = database.write(run);
    } catch (error) {
      reject(error);
      return;
    }
    settle();
  };

  /** Takes from the queue what goes into one transaction. */
  const commitSome = (): void => {
    const taken: Step[] = [];
    const settling: (() => void)[] = [];
    const startedMs = performance.now();
    try {
      database.write(() => {
        while (taken.length < MOST_STEPS && performance.now() - startedMs < longestMs) {
          const step = waiting.shift();
          if (step === undefined) return;
          taken.push(step);
          try {
            settling.push(database.step(step.run));
          } catch (error) {
            // After some errors SQLite has undone everyone's steps, not this one's alone.
            if (!database.inTransaction()) throw error;
            settling.push(() => step.reject(error));
          }
        }
      });
    } catch (error) {
      // A smaller step may find room where all together did not; of any other failure each would only fail as well.
      if (error instanceof StoreError && error.code === 'disk-full' && taken.length > 1) taken.forEach(alone);
      else if (taken.length > 0) for (const { reject } of taken) reject(error);
      else for (const { reject } of waiting.splice(0)) reject(error);
      return;
    }
    for (const settle of settling) settle();
  };

  const drain = async (): Promise<void> => {
    draining = true;
    while (waiting.length > 0) {
      // A commit holds up the thread, so the first would always go alone: those of this turn are let in first.
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      const [only] = waiting;
      if (waiting.length === 1 && only !== undefined) {
        waiting.length = 0;
        alone(only);
      } else commitSome();
    }
    draining = false;
  };

  return <T>(work: () => T, committed?: (result: T) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const run = () => {
        const result = work();
        return () => {
          try {
            committed?.(result);
            resolve(result);
          } catch (error) {
            reject(error);
          }
        };
      };
      waiting.push({ run, reject });
      if (!draining) void drain();
    });
}
