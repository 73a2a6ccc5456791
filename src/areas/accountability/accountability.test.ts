import { describe, expect, it } from 'vitest';
import { auditBench } from '../../../tests/builders/audit.ts';
import { callerWith, gateBench } from '../../../tests/builders/gate.ts';
import type { OwnResponseOf } from '../../contract/index.ts';
import { createAuditReader, loadPolicy, verifyChain } from '../../governance/index.ts';
import { exportAudit, getAuditManifest, getPolicy, getPublicKey, listAuditRecords, verifyAudit } from './index.ts';

/** A gate with the real operations over an audit in memory. */
function accountabilityBench() {
  const policy = loadPolicy();
  const bench = gateBench({
    capabilitiesFor: () => ({
      policyInForce: { policy, defaultPurpose: 'media-archive' },
      auditReader: createAuditReader(bench.auditStore),
    }),
    parts: { operations: { GetPolicy: getPolicy, ListAuditRecords: listAuditRecords, VerifyAudit: verifyAudit } },
  });
  return {
    ...bench,
    getPolicy: async () => (await bench.call('GetPolicy')).response as OwnResponseOf<'GetPolicy'>,
    list: async (request: { after?: number; limit?: number }) =>
      (await bench.call('ListAuditRecords', request)).response as OwnResponseOf<'ListAuditRecords'>,
    verify: async (request: object = {}) =>
      (await bench.call('VerifyAudit', request)).response as OwnResponseOf<'VerifyAudit'>,
  };
}

describe('GetPolicy', () => {
  it('tells the six purposes, the five refused classes and the digest of every decision', async () => {
    const bench = accountabilityBench();
    const policy = await bench.getPolicy();
    expect(policy.purposes.map((row) => row.name)).toHaveLength(6);
    expect(policy.refused.map((row) => row.id)).toHaveLength(5);
    expect(policy.defaultPurpose).toBe('media-archive');
    expect(bench.records()[0]?.policyDigest).toBe(policy.digest);
  });

  it('leaves out a retention that the purpose does not set', async () => {
    const { purposes } = await accountabilityBench().getPolicy();
    expect(purposes.find((row) => row.name === 'evaluation')?.retention.maxDays).toBe(30);
    expect(purposes.find((row) => row.name === 'photo-library')).not.toHaveProperty('budget');
  });
});

describe('ListAuditRecords', () => {
  it('pages through the log without losing or repeating a record, its own calls included', async () => {
    const bench = accountabilityBench();
    for (let i = 0; i < 4; i++) await bench.getPolicy();
    const sequences: number[] = [];
    for (let after: number | undefined = 0; after !== undefined && sequences.length < 8; ) {
      const page: OwnResponseOf<'ListAuditRecords'> = await bench.list({ after, limit: 3 });
      sequences.push(...page.records.map((record) => record.sequence));
      after = page.next;
    }
    expect(sequences.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('has no next page at the end', async () => {
    const bench = accountabilityBench();
    await bench.getPolicy();
    const page = await bench.list({});
    expect(page.records).toHaveLength(3);
    expect(page).not.toHaveProperty('next');
  });

  it('tells records as they were sealed, so that others can verify them', async () => {
    const bench = accountabilityBench();
    for (let i = 0; i < 3; i++) await bench.getPolicy();
    expect(await verifyChain((await bench.list({})).records)).toMatchObject({ intact: true, entries: 7 });
  });
});

describe('VerifyAudit', () => {
  it('tells the head of an intact log, and holds the log against it later', async () => {
    const bench = accountabilityBench();
    const { head } = await bench.verify();
    expect(head?.sequence).toBe(1);
    expect(await bench.verify({ expectedHead: head })).toMatchObject({ intact: true });
    const foreign = await bench.verify({ expectedHead: { sequence: 1, hash: 'f'.repeat(64) } });
    expect(foreign).toMatchObject({ intact: false, reason: 'changed', sequence: 1 });
  });

  it('names the first broken record', async () => {
    const bench = accountabilityBench();
    await bench.getPolicy();
    const [first] = bench.auditStore.kept;
    if (first) bench.auditStore.kept[0] = { ...first, body: first.body.replace('operator', 'someone') };
    expect(await bench.verify()).toMatchObject({ intact: false, reason: 'changed', sequence: 1, entries: 0 });
  });

  it('is refused to a key limited to some collections', async () => {
    const bench = accountabilityBench();
    await expect(bench.call('VerifyAudit', {}, callerWith({ collections: ['c'] }))).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
  });
});

describe('ExportAudit and GetAuditManifest', () => {
  it('hand out what the command exports, in pages, under the same signature', async () => {
    const audit = await auditBench({ records: 25, everyRecords: 10 });
    await audit.checkpointer.write();
    const bench = gateBench({
      capabilitiesFor: () => ({ auditExporter: audit.exporter }),
      parts: { operations: { ExportAudit: exportAudit, GetAuditManifest: getAuditManifest } },
    });
    const manifest = (await bench.call('GetAuditManifest')).response as OwnResponseOf<'GetAuditManifest'>;
    expect(manifest).toMatchObject({ kind: 'trailer', node: 'node-a', count: 25, head: await audit.log.head() });
    const pages: OwnResponseOf<'ExportAudit'>[] = [];
    for (let after: number | undefined = 0; after !== undefined; after = pages.at(-1)?.next) {
      pages.push((await bench.call('ExportAudit', { after, limit: 10 })).response as OwnResponseOf<'ExportAudit'>);
    }
    expect(pages.map(({ entries }) => entries.length)).toEqual([10, 10, 5]);
    expect(await verifyChain(pages.flatMap(({ entries }) => entries))).toMatchObject({ intact: true, entries: 25 });
    const checkpoints = pages.flatMap((page) => page.checkpoints);
    expect(checkpoints).toHaveLength(manifest.checkpoints);
    expect(checkpoints.at(-1)?.sequence).toBe(manifest.lastCheckpoint?.sequence);
  });

  it.each(['ExportAudit', 'GetAuditManifest'])('refuse a key limited to some collections (%s)', async (name) => {
    const bench = gateBench({
      parts: { operations: { ExportAudit: exportAudit, GetAuditManifest: getAuditManifest } },
    });
    await expect(bench.call(name, {}, callerWith({ collections: ['c'] }))).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
  });
});

describe('GetPublicKey', () => {
  it('tells the key to any key of the server, and nothing else of the signer', async () => {
    const audit = await auditBench();
    const bench = gateBench({
      capabilitiesFor: () => ({ publicKey: audit.signer }),
      parts: { operations: { GetPublicKey: getPublicKey } },
    });
    const { response } = await bench.call('GetPublicKey', {}, callerWith({ collections: ['c'] }));
    expect(response).toEqual({ keyId: audit.signer.keyId, publicKeyPem: audit.signer.publicKeyPem });
  });
});
