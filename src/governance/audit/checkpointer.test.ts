import { describe, expect, it } from 'vitest';
import { auditBench, memoryAnchor, testSigner } from '../../../tests/builders/audit.ts';
import type { AuditCheckpoint } from './index.ts';
import { openCheckpoint, verifyCheckpoints } from './index.ts';

const read = (document: string) => JSON.parse(document) as AuditCheckpoint;
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
/** Until the checkpointer has done what it began in a later turn. */
const settled = async (bench: Awaited<ReturnType<typeof auditBench>>) => {
  await turn();
  await bench.checkpointer.write();
};

describe('checkpoints', () => {
  it('name the head, follow each other, and are signed by the key of the server', async () => {
    const bench = await auditBench({ records: 3 });
    await bench.checkpointer.write();
    await bench.append(2);
    await bench.checkpointer.write();
    const kept = await bench.checkpoints();
    const head = await bench.log.head();
    expect(kept.map(({ sequence }) => sequence)).toEqual([3, 5]);
    expect(read(kept[1]!.document)).toMatchObject({
      kind: 'checkpoint',
      node: 'node-a',
      ...head,
      at: '2023-11-14T22:13:25.000Z',
      policyDigest: 'p'.repeat(64),
    });
    expect(openCheckpoint(kept[0]!.document, [bench.signer.publicKeyPem])).toHaveProperty('checkpoint');
    expect(openCheckpoint(kept[0]!.document, [testSigner().publicKeyPem])).toEqual({ fault: 'signed by no known key' });
    expect(bench.anchor.lines).toEqual(kept.map(({ document }) => document));
    const documents = kept.map(({ document }) => document);
    const held = { audit: bench.stores.audit, node: 'node-a', publicKeys: [bench.signer.publicKeyPem] };
    expect(await verifyCheckpoints({ ...held, documents })).toEqual({ intact: true, checkpoints: 2 });
    expect(await verifyCheckpoints({ ...held, documents: documents.slice(1) })).toMatchObject({ intact: false });
    expect(await verifyCheckpoints({ ...held, documents, node: 'node-b' })).toMatchObject({ intact: false });
  });

  it('are written after so many records, beside the calls', async () => {
    const bench = await auditBench({ everyRecords: 10 });
    await bench.append(9);
    await turn();
    expect(await bench.checkpoints()).toEqual([]);
    await bench.append(1);
    await turn();
    await turn();
    expect((await bench.checkpoints()).map(({ sequence }) => sequence)).toEqual([10]);
    await bench.append(25);
    await settled(bench);
    expect((await bench.checkpoints()).length).toBeGreaterThanOrEqual(3);
  });

  it('are written when the time comes, and not twice for one head', async () => {
    const bench = await auditBench({ records: 4 });
    bench.tick();
    await bench.checkpointer.write();
    bench.tick();
    await bench.checkpointer.write();
    expect((await bench.checkpoints()).map(({ sequence }) => sequence)).toEqual([4]);
  });

  it('end with one of the head, after which nothing is repeated', async () => {
    const bench = await auditBench({ records: 4 });
    expect(bench.isRepeating()).toBe(true);
    await bench.checkpointer.close();
    expect(bench.isRepeating()).toBe(false);
    expect((await bench.checkpoints()).map(({ sequence }) => sequence)).toEqual([4]);
  });

  it('of an empty log are none', async () => {
    const bench = await auditBench();
    await bench.checkpointer.close();
    expect(await bench.checkpoints()).toEqual([]);
    expect(bench.notices).toEqual([]);
  });

  it('reach the anchor later when it could not be written, all of them and in order', async () => {
    const lines: string[] = [];
    let down = true;
    const anchor = {
      last: async () => lines.at(-1),
      async append(documents: readonly string[]) {
        if (down) throw new Error('the share is gone');
        lines.push(...documents);
      },
    };
    const bench = await auditBench({ records: 2, anchor });
    await bench.checkpointer.write();
    expect(bench.notices).toEqual([expect.stringContaining('the share is gone')]);
    await bench.append(2);
    await bench.checkpointer.write();
    await bench.checkpointer.write();
    expect(bench.notices).toHaveLength(1);
    down = false;
    await bench.append(2);
    await bench.checkpointer.write();
    expect(lines.map((line) => read(line).sequence)).toEqual(
      (await bench.checkpoints()).map(({ sequence }) => sequence),
    );
    expect(lines.length).toBeGreaterThanOrEqual(2);
  });

  it('that another key signed are not built upon', async () => {
    const bench = await auditBench({ records: 2 });
    await bench.checkpointer.write();
    const next = await auditBench({ stores: bench.stores, records: 2 });
    await next.checkpointer.write();
    expect(next.notices).toEqual([expect.stringContaining('signed by no known key')]);
    expect(await bench.checkpoints()).toHaveLength(1);
  });
});

describe('a log that does not hold', () => {
  it('gets no signature when the anchor knows a record that it has lost', async () => {
    const signer = testSigner();
    const anchor = memoryAnchor();
    const whole = await auditBench({ signer, anchor, records: 20 });
    await whole.checkpointer.write();
    // An older copy of audit.db: the same node, fewer records, then others.
    const older = await auditBench({ signer, anchor, records: 12 });
    await older.checkpointer.write();
    expect(older.notices).toEqual([expect.stringContaining('the anchor knows record 20')]);
    expect(await older.checkpoints()).toEqual([]);
    await older.append(30);
    await older.checkpointer.close();
    expect(await older.checkpoints()).toEqual([]);
    expect(anchor.lines).toHaveLength(1);
    expect(older.notices).toHaveLength(1);
  });

  it('gets no signature when it was begun anew over the anchor of another', async () => {
    const signer = testSigner();
    const anchor = memoryAnchor();
    const first = await auditBench({ signer, anchor, records: 3 });
    await first.checkpointer.write();
    const second = await auditBench({ signer, anchor, records: 9, node: 'node-b' });
    await second.checkpointer.write();
    expect(second.notices).toEqual([expect.stringContaining('node-a')]);
    expect(anchor.lines).toHaveLength(1);
  });
});

describe('the name of a node', () => {
  it('is given once', async () => {
    const bench = await auditBench();
    expect(await bench.stores.auditCheckpoints.nameNode('node-z')).toBe('node-a');
    expect(await bench.stores.auditCheckpoints.node()).toBe('node-a');
  });
});
