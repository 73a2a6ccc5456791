import { describe, expect, it } from 'vitest';
import type { IdempotencyStore } from '../stores/ports/index.ts';
import { createIdempotency } from './index.ts';

function bench() {
  const kept = new Map<string, { requestDigest: string; answer: string; expiresAtMs: number }>();
  const store: Pick<IdempotencyStore, 'find' | 'put'> = {
    find: async (key) => kept.get(JSON.stringify(key)),
    put: async (key, answer) => void kept.set(JSON.stringify(key), answer),
  };
  const book = createIdempotency({ store, clock: () => 1_000 });
  let runs = 0;
  const run = async () => ({ run: ++runs });
  return { book, store, kept, run, runs: () => runs, calls: book.forCall({ person: 'p', operation: 'CreateUser' }) };
}

const inUse = {
  code: 'IdempotentParameterMismatchException',
  message: 'The ClientRequestToken: t you have supplied is already in use.',
};

describe('a client token', () => {
  it('gives a repeat the first answer without running again', async () => {
    const { calls, run, runs, kept } = bench();
    expect(await calls.once('t', { UserId: 'u' }, run)).toEqual({ run: 1 });
    expect(await calls.once('t', { UserId: 'u' }, run)).toEqual({ run: 1 });
    expect(runs()).toBe(1);
    expect([...kept.values()][0]?.expiresAtMs).toBe(1_000 + 24 * 3_600_000);
  });

  it('works across a restart of the process', async () => {
    const { calls, run, store } = bench();
    await calls.once('t', { UserId: 'u' }, run);
    const again = createIdempotency({ store, clock: () => 2_000 }).forCall({ person: 'p', operation: 'CreateUser' });
    expect(await again.once('t', { UserId: 'u' }, () => Promise.reject(new Error('ran')))).toEqual({ run: 1 });
  });

  it('refuses other parameters, also while the first still runs', async () => {
    const { calls, run } = bench();
    const first = calls.once('t', { UserId: 'u' }, run);
    await expect(calls.once('t', { UserId: 'v' }, run)).rejects.toMatchObject(inUse);
    await first;
    await expect(calls.once('t', { UserId: 'v' }, run)).rejects.toMatchObject(inUse);
  });

  it('of another person or operation is another token', async () => {
    const { book, calls, run, runs } = bench();
    await calls.once('t', { UserId: 'u' }, run);
    await book.forCall({ person: 'q', operation: 'CreateUser' }).once('t', { UserId: 'v' }, run);
    await book.forCall({ person: 'p', operation: 'DeleteUser' }).once('t', { UserId: 'v' }, run);
    expect(runs()).toBe(3);
  });

  it.each([undefined, ''])('that is %j leaves every call to itself', async (token) => {
    const { calls, run, runs } = bench();
    await calls.once(token, {}, run);
    await calls.once(token, {}, run);
    expect(runs()).toBe(2);
  });

  it('makes repeats that come at once wait for the first', async () => {
    const { calls, run, runs } = bench();
    const answers = await Promise.all(Array.from({ length: 8 }, () => calls.once('t', { UserId: 'u' }, run)));
    expect(answers).toEqual(Array.from({ length: 8 }, () => ({ run: 1 })));
    expect(runs()).toBe(1);
  });

  it('keeps nothing of a failure: the next runs, one at a time', async () => {
    const { calls, run, runs, kept } = bench();
    let together = 0;
    let most = 0;
    let failures = 2;
    const flaky = async () => {
      most = Math.max(most, ++together);
      await new Promise((resolve) => setImmediate(resolve));
      together--;
      if (failures-- > 0) throw new Error('busy');
      return run();
    };
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => calls.once('t', {}, flaky)));
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(2);
    expect(runs()).toBe(1);
    expect(most).toBe(1);
    expect(kept.size).toBe(1);
  });

  it('keeps images out of the store', async () => {
    const { calls, run, kept } = bench();
    const bytes = new TextEncoder().encode('an image');
    await calls.once('t', { Image: { Bytes: bytes } }, run);
    expect(JSON.stringify([...kept])).not.toContain(Buffer.from(bytes).toString('base64'));
    await expect(calls.once('t', { Image: { Bytes: bytes.slice(1) } }, run)).rejects.toMatchObject(inUse);
  });
});
