import { describe, expect, it } from 'vitest';
import { type AuditRecordDraft, createRefusedCallers } from './index.ts';

function bench(options: { fail?: boolean } = {}) {
  const records: AuditRecordDraft[] = [];
  const notices: string[] = [];
  const due: (() => void)[] = [];
  let ids = 0;
  const callers = createRefusedCallers({
    audit: {
      async append(draft) {
        if (options.fail) throw new Error('the disk is full');
        records.push(draft);
        return { sequence: records.length, body: '', previousHash: '', hash: '' };
      },
    },
    policyDigest: 'p',
    ids: () => `decision-${++ids}`,
    after: (work) => due.push(work),
    onNotice: (notice) => notices.push(notice),
  });
  const refuse = (accessKeyId: string, code = 'InvalidSignatureException') =>
    callers.refused({ requestId: 'r', operation: 'DetectFaces', code, accessKeyId });
  return { callers, records, notices, refuse, passWindow: () => due.splice(0).forEach((work) => void work()), due };
}

describe('calls whose signature did not hold', () => {
  it('are recorded at once as refusals of nobody, with the key masked', () => {
    const { records, refuse } = bench();
    refuse('****ABCD');
    expect(records).toEqual([
      {
        kind: 'refusal',
        requestId: 'r',
        decisionId: 'decision-1',
        actor: { person: '-', accessKeyId: '****ABCD' },
        operation: 'DetectFaces',
        policyDigest: 'p',
        rule: 'signature',
        code: 'InvalidSignatureException',
      },
    ]);
  });

  it('are recorded together within a minute, with their number', () => {
    const { records, refuse, passWindow } = bench();
    for (let i = 0; i < 1_000; i += 1) refuse('****ABCD');
    expect(records).toHaveLength(1);
    passWindow();
    expect(records).toHaveLength(2);
    expect(records[1]).toMatchObject({ repeats: 999, actor: { accessKeyId: '****ABCD' } });
    passWindow();
    expect(records).toHaveLength(2);
    refuse('****ABCD');
    expect(records).toHaveLength(3);
  });

  it('are told apart by key and by code, up to a bound that no flood gets over', () => {
    const { records, refuse, passWindow, due } = bench();
    refuse('****AAAA');
    refuse('****AAAA', 'ExpiredTokenException');
    refuse('****BBBB');
    expect(records).toHaveLength(3);
    for (let i = 0; i < 10_000; i += 1) refuse(`****${(i + 46_656).toString(36)}`);
    passWindow();
    expect(records.length).toBeLessThanOrEqual(18);
    const total = records.reduce((sum, { repeats }) => sum + (repeats ?? 1), 0);
    expect(total).toBe(10_003);
    expect(due).toHaveLength(0);
  });

  it('are recorded to the last when the server ends', async () => {
    const { callers, records, refuse } = bench();
    refuse('****AAAA');
    refuse('****AAAA');
    refuse('****AAAA');
    await callers.close();
    expect(records.at(-1)).toMatchObject({ repeats: 2 });
  });

  it('become one notice when they cannot be recorded', async () => {
    const { callers, notices, refuse } = bench({ fail: true });
    refuse('****AAAA');
    refuse('****BBBB');
    await callers.close();
    expect(notices).toEqual(['Refused calls could not be recorded: the disk is full']);
  });
});
