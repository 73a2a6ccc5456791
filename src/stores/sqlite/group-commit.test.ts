import { expect, it } from 'vitest';
import { StoreError } from '../ports/errors.ts';
import { type Database, openDatabase } from './database.ts';
import { createGroupCommit } from './group-commit.ts';

/** A table of numbers, what was committed and when, and a way to make commits fail. */
function numbers(over: Partial<Database> = {}) {
  const real = openDatabase(':memory:', ['CREATE TABLE number (value INTEGER NOT NULL CHECK (value >= 0)) STRICT']);
  let commits = 0;
  const database: Database = {
    ...real,
    write: (work) => {
      const result = real.write(work);
      commits += 1;
      return result;
    },
    ...over,
  };
  const together = createGroupCommit(database, { longestMs: Number.POSITIVE_INFINITY });
  return {
    real,
    together,
    commits: () => commits,
    insert: (value: number) => real.run('INSERT INTO number (value) VALUES (?)', [value]),
    stored: () => real.all<{ value: number }>('SELECT value FROM number ORDER BY rowid').map(({ value }) => value),
  };
}

const outcomes = async (steps: readonly Promise<unknown>[]): Promise<string> =>
  (await Promise.allSettled(steps)).map(({ status }) => (status === 'fulfilled' ? '+' : '-')).join('');

it('commits what comes in one turn together, in its order', async () => {
  const { together, insert, stored, commits } = numbers();
  const settled: number[] = [];
  const add = async (value: number) => settled.push(await together(() => insert(value) * value));
  await Promise.all([3, 1, 2].map(add));
  expect(stored()).toEqual([3, 1, 2]);
  expect(settled).toEqual([3, 1, 2]);
  expect(commits()).toBe(1);
});

it('lets those that come while others are committed go with the next', async () => {
  const { together, insert, stored, commits } = numbers();
  await Promise.all(
    [1, 2, 3].map((value) => together(() => insert(value)).then(() => together(() => insert(-value + 10)))),
  );
  expect(stored()).toEqual([1, 2, 3, 9, 8, 7]);
  expect(commits()).toBe(2);
});

it('undoes a step that fails, and it alone', async () => {
  const { together, insert, stored, commits } = numbers();
  const steps = [
    together(() => insert(1)),
    together(() => {
      insert(2);
      throw new RangeError('no');
    }),
    together(() => {
      insert(3);
      insert(-1);
    }),
    together(() => insert(4)),
  ];
  expect(await outcomes(steps)).toBe('+--+');
  await expect(steps[1]).rejects.toBeInstanceOf(RangeError);
  expect(stored()).toEqual([1, 4]);
  expect(commits()).toBe(1);
});

it('tells what was committed at once, in order, before anyone goes on', async () => {
  const { together, insert, real } = numbers();
  const told: string[] = [];
  const add = (value: number) =>
    together(
      () => {
        insert(value);
        return value;
      },
      (result) => told.push(`committed ${result} ${real.inTransaction()}`),
    ).then(() => told.push(`settled ${value}`));
  await Promise.all([1, 2].map(add));
  expect(told).toEqual(['committed 1 false', 'committed 2 false', 'settled 1', 'settled 2']);
});

it('rejects a step whose follower fails, though it is stored, and no other', async () => {
  const { together, insert, stored } = numbers();
  const follow = (): never => {
    throw new Error('cannot follow');
  };
  expect(await outcomes([together(() => insert(1), follow), together(() => insert(2))])).toBe('-+');
  expect(stored()).toEqual([1, 2]);
});

it('settles nobody well when the commit fails', async () => {
  const failing = numbers();
  const { together } = {
    together: createGroupCommit({
      ...failing.real,
      write: (work) =>
        failing.real.write(() => {
          work();
          throw new Error('the disk is gone');
        }),
    }),
  };
  const followed: number[] = [];
  const add = (value: number) =>
    together(
      () => failing.insert(value),
      () => followed.push(value),
    );
  expect(await outcomes([1, 2, 3].map(add))).toBe('---');
  expect(await outcomes([add(4)])).toBe('-');
  expect(failing.stored()).toEqual([]);
  expect(followed).toEqual([]);
});

it('on a full disk tries each by itself, so that what fits is stored', async () => {
  const { real, insert, stored } = numbers();
  const full = (): never => {
    throw new StoreError('disk-full', 'no room');
  };
  let steps = 0;
  const together = createGroupCommit({
    ...real,
    step: (work) => {
      steps += 1;
      return real.step(work);
    },
    write: (work) =>
      real.write(() => {
        steps = 0;
        const result = work();
        return steps > 1 ? full() : result;
      }),
  });
  const tooLarge = together(() => {
    insert(2);
    full();
  });
  expect(await outcomes([together(() => insert(1)), tooLarge, together(() => insert(3))])).toBe('+-+');
  expect(stored()).toEqual([1, 3]);
});

it('bounds a transaction, not the queue', async () => {
  const { together, insert, stored, commits } = numbers();
  const values = Array.from({ length: 1000 }, (_, value) => value);
  await Promise.all(values.map((value) => together(() => insert(value))));
  expect(stored()).toEqual(values);
  expect(commits()).toBeGreaterThanOrEqual(1000 / 128);
  expect(commits()).toBeLessThan(500);
});

it('rejects what waits when the database is closed, and what comes later', async () => {
  const { real, together, insert } = numbers();
  const waiting = [1, 2].map((value) => together(() => insert(value)));
  real.close();
  expect(await outcomes([...waiting, together(() => insert(3))])).toBe('---');
});
