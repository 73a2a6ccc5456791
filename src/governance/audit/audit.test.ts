import { describe, expect, it } from 'vitest';
import { memoryAuditStore } from '../../../tests/builders/gate.ts';
import type { AuditEntry } from '../../stores/ports/index.ts';
import { type AuditRecordDraft, createAuditLog, genesisHash, hashEntry, sealEntry, verifyChain } from './index.ts';

const draft = (requestId: string): AuditRecordDraft => ({
  kind: 'decision',
  requestId,
  decisionId: 'd',
  actor: { person: 'operator', accessKeyId: 'AK' },
  operation: 'SearchFaces',
  policyDigest: 'p',
});

function chainOf(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let i = 0; i < length; i++) entries.push(sealEntry(entries.at(-1), `{"n":${i}}`));
  return entries;
}
/** The entries from `from` on, sealed anew on what is before them, as one would who wants to hide a change. */
function resealed(entries: readonly AuditEntry[], from: number): AuditEntry[] {
  const result = entries.slice(0, from);
  for (const { body } of entries.slice(from)) result.push(sealEntry(result.at(-1), body));
  return result;
}
const headOf = (entries: readonly AuditEntry[]) => {
  const { sequence, hash } = entries.at(-1)!;
  return { sequence, hash };
};

describe('the chain', () => {
  it('hashes sequence, previous hash and body as documented', () => {
    // sha256 of "1\n" + 64 zeros + "\n{}", by sha256sum
    expect(genesisHash).toBe('0'.repeat(64));
    expect(hashEntry({ sequence: 1, previousHash: genesisHash, body: '{}' })).toBe(
      'e926929dc99bcdf08bb941e379c3186d5c55b45ee4202b4748a1efc35ba05fe3',
    );
  });

  it.each([0, 1, 7])('of %d records is intact and tells its head', async (length) => {
    const entries = chainOf(length);
    expect(await verifyChain(entries)).toEqual({
      intact: true,
      entries: length,
      ...(length > 0 && { head: headOf(entries) }),
    });
  });

  it('stays intact against any head that was noted along its way', async () => {
    const entries = chainOf(9);
    for (const entry of entries) {
      expect(await verifyChain(entries, { expectedHead: entry })).toMatchObject({ intact: true, entries: 9 });
    }
  });

  const length = 6;
  const positions = Array.from({ length }, (_, index) => index);

  it.each(positions)('tells that record %d was changed', async (index) => {
    for (const change of [
      (entry: AuditEntry) => ({ ...entry, body: `${entry.body} ` }),
      (entry: AuditEntry) => ({ ...entry, hash: 'f'.repeat(64) }),
      (entry: AuditEntry) => ({ ...entry, previousHash: 'f'.repeat(64) }),
    ]) {
      const entries = chainOf(length);
      entries[index] = change(entries[index]!);
      expect(await verifyChain(entries)).toMatchObject({
        intact: false,
        sequence: index + 1,
        reason: 'changed',
        entries: index,
      });
    }
  });

  it.each(positions.slice(0, -1))('tells that record %d was changed and sealed anew', async (index) => {
    const entries = chainOf(length);
    entries[index] = sealEntry(entries[index - 1], '{"n":"other"}');
    // Both records are sealed well; only the link between them is broken.
    expect(await verifyChain(entries)).toMatchObject({ intact: false, sequence: index + 2, reason: 'changed' });
  });

  it.each(positions.slice(0, -1))('tells that record %d is missing', async (index) => {
    const entries = chainOf(length).filter((_, position) => position !== index);
    expect(await verifyChain(entries)).toMatchObject({ intact: false, sequence: index + 1, reason: 'missing' });
  });

  it.each(positions.slice(0, -1))(
    'tells that record %d changed places with the next, or with the last',
    async (index) => {
      for (const other of new Set([index + 1, length - 1])) {
        const entries = chainOf(length);
        [entries[index], entries[other]] = [entries[other]!, entries[index]!];
        expect(await verifyChain(entries)).toMatchObject({ intact: false, sequence: index + 1, reason: 'reordered' });
      }
    },
  );

  it.each(positions)('tells that a record was inserted after %d', async (index) => {
    const foreign = chainOf(length);
    const repeated = foreign.toSpliced(index + 1, 0, foreign[index]!);
    expect(await verifyChain(repeated)).toMatchObject({ intact: false, reason: 'inserted', sequence: index + 2 });
    if (index === length - 1) return;
    const entries = chainOf(length);
    const numbered = [
      ...entries.slice(0, index + 1),
      sealEntry(entries[index], '{"n":"foreign"}'),
      ...entries.slice(index + 1).map((entry) => {
        const moved = { ...entry, sequence: entry.sequence + 1 };
        return { ...moved, hash: hashEntry(moved) };
      }),
    ];
    expect(await verifyChain(numbered)).toMatchObject({ intact: false, reason: 'inserted', sequence: index + 2 });
  });

  it.each(positions)('tells against its head that it was cut after %d records', async (kept) => {
    const entries = chainOf(length);
    const verdict = await verifyChain(entries.slice(0, kept), { expectedHead: headOf(entries) });
    expect(verdict).toMatchObject({ intact: false, reason: 'truncated', sequence: kept + 1, entries: kept });
  });

  it.each(positions)(
    'tells against its head that it was rewritten from record %d on, hashes and all',
    async (index) => {
      const entries = chainOf(length);
      const changed = entries.with(index, { ...entries[index]!, body: '{"n":"other"}' });
      const rewritten = resealed(changed, index);
      expect(await verifyChain(rewritten)).toMatchObject({ intact: true });
      expect(await verifyChain(rewritten, { expectedHead: headOf(entries) })).toMatchObject({
        intact: false,
        reason: 'changed',
      });
    },
  );

  it('tells every one of 2,000 random edits', async () => {
    // A small generator with a fixed seed keeps each run the same.
    let seed = 20_240_611;
    const below = (bound: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed % bound;
    };
    const entries = chainOf(40);
    for (let round = 0; round < 2_000; round++) {
      const at = below(40);
      const to = below(40);
      const edited = [
        () => entries.with(at, { ...entries[at]!, body: entries[at]!.body.replace(/\d/, (digit) => `${digit}0`) }),
        () => entries.toSpliced(at, 1),
        () => entries.toSpliced(at, 0, entries[to]!),
        () => entries.toSpliced(at, 1).toSpliced(to, 0, entries[at]!),
        () => entries.slice(0, at),
      ][below(5)]!();
      const verdict = await verifyChain(edited, { expectedHead: headOf(entries) });
      const same = edited.length === 40 && edited.every((entry, index) => entry === entries[index]);
      expect(verdict.intact).toBe(same);
    }
  });
});

describe('the audit log', () => {
  it.each([false, true])(
    'keeps the order in which records came (store that commits together: %s)',
    async (together) => {
      const store = memoryAuditStore({ together });
      let nowMs = 0;
      const log = createAuditLog({ store, clock: () => nowMs++, node: 'n' });
      await Promise.all(Array.from({ length: 600 }, (_, index) => log.append(draft(`r${index}`))));
      const records = await log.read({ afterSequence: 0, limit: 1_000 });
      expect(records.map((record) => record.requestId)).toEqual(Array.from({ length: 600 }, (_, index) => `r${index}`));
      expect(await log.verify()).toMatchObject({ intact: true, entries: 600 });
      expect(await log.head()).toEqual(headOf(store.kept));
    },
  );

  it('takes waiting records to disk together', async () => {
    const store = memoryAuditStore({ together: true });
    const log = createAuditLog({ store, clock: () => 0, node: 'n' });
    await Promise.all(Array.from({ length: 100 }, (_, index) => log.append(draft(`r${index}`))));
    expect(store.batches).toEqual([100]);
  });

  it('rejects every record of a step that failed, and goes on with the next', async () => {
    let broken = true;
    const store = memoryAuditStore({ together: true, fail: () => broken });
    const log = createAuditLog({ store, clock: () => 0, node: 'n' });
    const failed = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => log.append(draft(`r${index}`))));
    expect(new Set(failed.map((result) => result.status))).toEqual(new Set(['rejected']));
    broken = false;
    expect((await log.append(draft('later'))).sequence).toBe(1);
    expect(store.kept).toHaveLength(1);
  });

  it('fails alone where the store takes records one by one', async () => {
    const store = memoryAuditStore({ fail: (body) => body.includes('"r1"') });
    const log = createAuditLog({ store, clock: () => 0, node: 'n' });
    const results = await Promise.allSettled(['r0', 'r1', 'r2'].map((id) => log.append(draft(id))));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await log.verify()).toMatchObject({ intact: true, entries: 2 });
  });

  it('verifies over many pages, and stops when told', async () => {
    const store = memoryAuditStore();
    store.kept.push(...chainOf(2_500));
    const log = createAuditLog({ store, clock: () => 0, node: 'n' });
    expect(await log.verify()).toMatchObject({ intact: true, entries: 2_500 });
    await expect(log.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    store.kept[2_100] = { ...store.kept[2_100]!, body: '{}' };
    expect(await log.verify()).toMatchObject({ intact: false, sequence: 2_101, reason: 'changed' });
  });

  it('writes bodies as canonical JSON with time and node', async () => {
    const store = memoryAuditStore();
    await createAuditLog({ store, clock: () => 0, node: 'n' }).append({ ...draft('r'), rule: 'x' });
    expect(store.kept[0]?.body).toBe(
      '{"actor":{"accessKeyId":"AK","person":"operator"},"at":"1970-01-01T00:00:00.000Z","decisionId":"d",' +
        '"kind":"decision","node":"n","operation":"SearchFaces","policyDigest":"p","requestId":"r","rule":"x"}',
    );
  });
});
