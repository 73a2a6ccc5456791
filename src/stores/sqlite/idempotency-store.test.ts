import { describe, expect, it, onTestFinished } from 'vitest';
import { openMemoryStores } from '../index.ts';

describe('answers kept for repeats', () => {
  it('are listed while they hold, and forgotten where they say what is meant', async () => {
    let nowMs = 1_000;
    const { idempotency, close } = await openMemoryStores(() => nowMs);
    onTestFinished(close);
    const put = (token: string, answer: string, expiresAtMs: number) =>
      idempotency.put({ person: 'p', operation: 'o', token }, { requestDigest: 'd', answer, expiresAtMs });
    await put('1', '{"UserId":"someone"}', 5_000);
    await put('2', '{"UserId":"other"}', 5_000);
    await put('3', '{"UserId":"late"}', 2_000);
    nowMs = 3_000;
    expect((await idempotency.list()).map(({ answer }) => answer)).toEqual([
      '{"UserId":"someone"}',
      '{"UserId":"other"}',
    ]);
    expect(await idempotency.forget((answer) => answer.includes('"someone"'))).toBe(1);
    expect(await idempotency.find({ person: 'p', operation: 'o', token: '1' })).toBeUndefined();
    expect(await idempotency.find({ person: 'p', operation: 'o', token: '2' })).toBeDefined();
  });
});
