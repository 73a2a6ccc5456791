import { type PurposeName, purposeNames } from '../policy/index.ts';

/**
 * Lets one change at a time happen to a subject under a purpose: enrolling, granting, withdrawing and erasing wait for
 * each other, so that nothing is stored after a withdrawal that has answered. One process serves a data folder, so
 * locks in memory are enough.
 */
export interface SubjectLocks {
  /**
   * Runs `work` while no one else changes the subject. Not reentrant.
   * @param purpose absent: under all purposes
   */
  hold<T>(purpose: PurposeName | undefined, subject: string, work: () => Promise<T>): Promise<T>;
}

/** Locks of one process. */
export function createSubjectLocks(): SubjectLocks {
  const tails = new Map<string, Promise<void>>();

  async function one<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(key);
    let release = (): void => {};
    const tail = new Promise<void>((resolve) => {
      release = resolve;
    });
    tails.set(key, tail);
    try {
      await before;
      return await work();
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
      release();
    }
  }

  async function all<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = keys;
    return first === undefined ? work() : one(first, () => all(rest, work));
  }

  return {
    // Always in the order of the list, so that two who want all purposes never wait for each other.
    hold: (purpose, subject, work) =>
      all(
        (purpose === undefined ? purposeNames : [purpose]).map((name) => JSON.stringify([name, subject])),
        work,
      ),
  };
}
