import { describe, expect, it } from 'vitest';
import { createSubjectLocks } from './index.ts';

const turn = () => new Promise((done) => setImmediate(done));

describe("a subject's lock", () => {
  it('lets one at a time work on a subject under a purpose, in the order they came', async () => {
    const locks = createSubjectLocks();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await turn();
      seen.push(`${name} ends`);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => locks.hold('access-control', 'alice', work(name))));
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('makes nobody wait for another subject or purpose', async () => {
    const locks = createSubjectLocks();
    const never = new Promise<never>(() => {});
    void locks.hold('access-control', 'alice', () => never);
    expect(await locks.hold('access-control', 'bob', async () => 'bob')).toBe('bob');
    expect(await locks.hold('identity-verification', 'alice', async () => 'alice')).toBe('alice');
  });

  it('passes on after work that failed, and hands its error to its own caller alone', async () => {
    const locks = createSubjectLocks();
    const failing = locks.hold('access-control', 'alice', () => Promise.reject(new Error('no')));
    const next = locks.hold('access-control', 'alice', async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('under all purposes waits for each of them, and two such never block each other', async () => {
    const locks = createSubjectLocks();
    let release = () => {};
    const held = locks.hold('evaluation', 'alice', () => new Promise<void>((done) => (release = done)));
    let ran = 0;
    const both = [0, 1].map(() =>
      locks.hold(undefined, 'alice', async () => {
        await turn();
        ran += 1;
      }),
    );
    await turn();
    expect(ran).toBe(0);
    release();
    await held;
    await Promise.all(both);
    expect(ran).toBe(2);
  });
});
