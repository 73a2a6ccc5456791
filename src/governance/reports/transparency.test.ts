import { describe, expect, it } from 'vitest';
import { createSigner, makeSigningKey, verifyDocument } from '../../shared/signing.ts';
import type { AuditRecord } from '../audit/index.ts';
import { loadPolicy } from '../policy/index.ts';
import { keepTogether, smallestTold, type ToldCount, toldCount, toldSum } from './suppress.ts';
import { createTransparencyCount, signTransparencyReport, type TransparencyReport } from './transparency.ts';

const policy = loadPolicy();
const verdict = { intact: true, entries: 9, head: { sequence: 9, hash: 'a'.repeat(64) } } as const;

function record(differences: Partial<AuditRecord>): AuditRecord {
  return {
    kind: 'outcome',
    requestId: 'r',
    decisionId: 'd',
    actor: { person: 'p', accessKeyId: 'k' },
    operation: 'SearchFaces',
    purpose: 'photo-library',
    policyDigest: policy.digest,
    sequence: 1,
    at: '2026-11-05T10:00:00.000Z',
    node: 'n',
    hash: '',
    ...differences,
  };
}

function reportOf(records: readonly AuditRecord[], period = { from: '2026-11', to: '2026-11' }): TransparencyReport {
  const count = createTransparencyCount(period);
  for (const one of records) count.add(one);
  return count.report({ policy, verdict, nowMs: 0 });
}

const times = (amount: number, differences: Partial<AuditRecord> = {}): AuditRecord[] =>
  Array.from({ length: amount }, () => record(differences));

describe('a transparency report', () => {
  it('counts calls that were answered, what they returned, and refusals by rule', () => {
    const report = reportOf([
      ...times(7, { counts: { candidatesReturned: 2 } }),
      ...times(3, { kind: 'decision' }),
      ...times(6, { code: 'InvalidParameterException' }),
      ...times(5, { kind: 'refusal', rule: 'key-has-purpose' }),
      record({ kind: 'refusal', rule: 'signature', repeats: 40 }),
    ]);
    const cell = (measure: string) => report.cells.find((one) => one.measure === measure)?.count;
    expect(cell('searches')).toBe(7);
    expect(cell('matches')).toBe(14);
    expect(cell('refusals')).toBe(45);
    expect(report.refusals).toEqual([
      { rule: 'key-has-purpose', month: '2026-11', count: 5 },
      { rule: 'signature', month: '2026-11', count: 40 },
    ]);
  });

  it('takes whole months of the period and nothing beside them', () => {
    const period = { from: '2026-02', to: '2026-03' };
    const report = reportOf(
      [
        '2026-01-31T23:59:59.999Z',
        '2026-02-01T00:00:00.000Z',
        '2026-03-31T23:59:59.999Z',
        '2026-04-01T00:00:00.000Z',
      ].flatMap((at) => times(6, { at })),
      period,
    );
    expect(report.cells.map(({ month, count }) => [month, count])).toEqual([
      ['2026-02', 6],
      ['2026-03', 6],
    ]);
  });

  it('names no person, key, collection, subject or probe', () => {
    const told = JSON.stringify(
      reportOf(
        times(9, {
          actor: { person: 'secret-person', accessKeyId: 'secret-key' },
          collection: 'secret-collection',
          subjects: ['secret-subject'],
          probes: ['secret-probe'],
        }),
      ),
    );
    expect(told).not.toContain('secret');
  });

  it('is signed as a whole', () => {
    const signer = createSigner(makeSigningKey());
    const signed = signTransparencyReport(signer, reportOf(times(9)));
    expect(verifyDocument(signer.publicKeyPem, signed)).toBe(true);
    expect(verifyDocument(signer.publicKeyPem, { ...signed, cells: [] } as never)).toBe(false);
  });

  it('says that a broken log is broken', () => {
    const count = createTransparencyCount({ from: '2026-11', to: '2026-11' });
    const broken = { intact: false, entries: 4, sequence: 5, reason: 'changed', detail: 'Record 5 ...' } as const;
    expect(count.report({ policy, verdict: broken, nowMs: 0 }).audit).toEqual({
      intact: false,
      records: 4,
      detail: 'Record 5 ...',
    });
  });
});

describe('a small count', () => {
  it('is told as small from one up, and zero as zero', () => {
    expect([0, 1, smallestTold - 1, smallestTold].map(toldCount)).toEqual([0, 'small', 'small', smallestTold]);
  });

  it('keeps back every sum that would give it away', () => {
    const report = reportOf([...times(8), ...times(2, { purpose: 'access-control' })]);
    expect(report.cells.map(({ count }) => count)).toEqual(['small', 8]);
    expect(report.totals).toEqual([{ measure: 'searches', month: '2026-11', count: 'kept-back' }]);
  });

  it('cannot be had from the same calls counted by rule', () => {
    const report = reportOf([
      ...times(20, { kind: 'refusal', rule: 'a' }),
      ...times(6, { kind: 'refusal', rule: 'b' }),
      ...times(2, { kind: 'refusal', rule: 'a', purpose: 'access-control' }),
    ]);
    // By purpose: 26 told and 2 small; by rule 22 and 6, whose sum less 26 would be the 2.
    expect(report.cells.map(({ count }) => count)).toEqual(['small', 26]);
    expect(report.refusals.map(({ count }) => count)).toEqual([22, 'kept-back']);
  });

  it('is never the difference of what is told, whatever the counts', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let trial = 0; trial < 2_000; trial++) {
      // One total parted twice.
      const one = Array.from({ length: 1 + random(4) }, () => random(12));
      const total = one.reduce((sum, count) => sum + count, 0);
      const cut = total === 0 ? 0 : random(total + 1);
      const told = (counts: readonly number[]) =>
        new Map<string, ToldCount>(counts.flatMap((count, i) => (count > 0 ? [[`${i}`, toldCount(count)]] : [])));
      const [first, second] = keepTogether(told(one), told([cut, total - cut]));
      const keeps = (parts: ReadonlyMap<string, ToldCount>) => [...parts.values()].some((c) => typeof c !== 'number');
      expect(keeps(first)).toBe(keeps(second));
      if (keeps(first)) expect(toldSum([...first.values()])).toBe('kept-back');
    }
  });
});
