import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditTrail, openAuditTrail } from '../../src/compose/audit-trail.ts';
import { openAudit } from '../../src/compose/operator.ts';
import { type AuditCheckpoint, exportLines, loadPolicy } from '../../src/governance/index.ts';
import { canonicalJson, sha256Hex } from '../../src/shared/canonical-json.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { type Signer, signDocument } from '../../src/shared/signing.ts';
import { openStores, type Stores } from '../../src/stores/index.ts';
import { testSigner } from '../builders/audit.ts';
import { collectionOf, gateBench, memoryAuditStore, refusalOf } from '../builders/gate.ts';
import { storeKeys } from '../stores/store-keys.ts';

/** A server's data folder with an anchor elsewhere; each run appends records between a start and a clean end. */
let folder: string;
let signer: Signer;
const notices: string[] = [];
const at = (name: string) => join(folder, name);
const database = () => join(at('data'), 'audit.db');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-attack-audit-'));
  signer = testSigner();
  notices.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function serve<T>(work: (trail: AuditTrail, stores: Stores) => Promise<T>, by: Signer = signer): Promise<T> {
  const stores = await openStores({ dataDir: at('data'), keys: storeKeys, clock: Date.now });
  let ids = 0;
  const trail = await openAuditTrail({
    settings: { anchorFile: at('anchor'), checkpointRecords: 10, checkpointMinutes: 60 },
    stores,
    signer: by,
    policy: loadPolicy(),
    clock: Date.now,
    ids: () => `id-${++ids}`,
    notice: (notice) => notices.push(notice),
  });
  try {
    return await work(trail, stores);
  } finally {
    await trail.close();
    await stores.close();
  }
}

const append = (count: number) => async (trail: AuditTrail) => {
  for (let i = 0; i < count; i += 1) {
    await trail.log.append({
      kind: 'decision',
      requestId: `request-${i}`,
      decisionId: `decision-${i}`,
      actor: { person: 'mallory', accessKeyId: 'AK' },
      operation: 'SearchFacesByImage',
      policyDigest: 'p',
    });
  }
};

/** Edits audit.db as one who has the machine would: without its triggers, which are put back. */
function edit(work: (raw: Libsql.Database) => void): void {
  const raw = new Libsql(database());
  try {
    const triggers = raw.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
      sql: string;
    }[];
    for (const { name } of triggers) raw.exec(`DROP TRIGGER ${name}`);
    work(raw);
    for (const { sql } of triggers) raw.exec(sql);
    raw.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    raw.close();
  }
}

interface Row {
  sequence: number;
  body: string;
  previous_hash: string;
  hash: string;
}

/** Changes a record and gives it and all after it hashes that fit. */
function rewriteFrom(raw: Libsql.Database, sequence: number): void {
  raw.prepare("UPDATE entry SET body = replace(body, 'mallory', 'somebody') WHERE sequence = ?").run(sequence);
  const rows = raw.prepare('SELECT * FROM entry WHERE sequence >= ? ORDER BY sequence').all(sequence) as Row[];
  let previous = rows[0]!.previous_hash;
  for (const row of rows) {
    const hash = sha256Hex(`${row.sequence}\n${previous}\n${row.body}`);
    raw.prepare('UPDATE entry SET previous_hash = ?, hash = ? WHERE sequence = ?').run(previous, hash, row.sequence);
    previous = hash;
  }
}

async function verify(anchored = true) {
  writeFileSync(at('public-key.pem'), signer.publicKeyPem);
  const audit = openAudit({
    dataDir: at('data'),
    trustDir: folder,
    masterKey: { source: { kind: 'file', path: at('master-key') } },
    audit: { checkpointRecords: 10, checkpointMinutes: 60, ...(anchored && { anchorFile: at('anchor') }) },
  });
  try {
    const chain = await audit.verify();
    const signed = await audit.verifyCheckpoints();
    return { chain: chain.intact, own: signed?.own.intact, anchor: signed?.anchor?.intact };
  } finally {
    audit.close();
  }
}

/** Exports as the server would, whatever it now has on its disk, and lets the separate program judge. */
async function judgeExport(by: Signer = signer): Promise<{ alone: number | null; anchored: number | null }> {
  await serve(async (trail) => {
    const lines: string[] = [];
    for await (const line of exportLines(trail.exporter)) lines.push(line);
    writeFileSync(at('export'), `${lines.join('\n')}\n`);
  }, by);
  writeFileSync(at('public-key.pem'), signer.publicKeyPem);
  const run = (...more: string[]) =>
    spawnSync(process.execPath, [
      join(packageRoot(), 'bin', 'likeness-verify.mjs'),
      at('export'),
      '--key',
      at('public-key.pem'),
      ...more,
    ]).status;
  return { alone: run(), anchored: run('--checkpoints', at('anchor')) };
}

describe('an audit log that nobody touched', () => {
  it('is intact through starts and ends, for the command and for the verifier', async () => {
    await serve(append(25));
    await serve(append(13));
    expect(await verify()).toEqual({ chain: true, own: true, anchor: true });
    expect(await judgeExport()).toEqual({ alone: 0, anchored: 0 });
    expect(notices).toEqual([]);
  });
});

describe('one who edits audit.db', () => {
  it('is stopped by the triggers while they stand', async () => {
    await serve(append(3));
    const raw = new Libsql(database());
    for (const sql of [
      "UPDATE entry SET body = '{}'",
      'DELETE FROM entry',
      "UPDATE checkpoint SET document = '{}'",
      'DELETE FROM checkpoint',
      "UPDATE node SET name = 'x'",
      'DELETE FROM node',
      "INSERT OR REPLACE INTO entry VALUES (2, '{}', '', '')",
      "INSERT OR REPLACE INTO checkpoint VALUES (3, '{}')",
    ]) {
      raw.pragma('recursive_triggers=ON');
      expect(() => raw.exec(sql), sql).toThrow(/append-only/);
    }
    raw.close();
  });

  it.each([
    ['changes a record', "UPDATE entry SET body = replace(body, 'mallory', 'somebody') WHERE sequence = 7"],
    ['drops a record', 'DELETE FROM entry WHERE sequence = 7'],
    ['changes a hash', "UPDATE entry SET hash = replace(hash, '0', '1') WHERE sequence = 7"],
  ])('is found out when he %s', async (_, sql) => {
    await serve(append(25));
    edit((raw) => raw.exec(sql));
    expect((await verify()).chain).toBe(false);
    expect(await judgeExport()).toEqual({ alone: 1, anchored: 1 });
  });

  it('is found out when he rewrites the log from a record on, hashes and all', async () => {
    await serve(append(25));
    edit((raw) => rewriteFrom(raw, 7));
    expect(await verify()).toEqual({ chain: true, own: false, anchor: false });
    expect(await judgeExport()).toEqual({ alone: 1, anchored: 1 });
    expect(notices.join()).toContain('does not hold');
  });

  it('is found out by the anchor when he rewrites it and drops the checkpoints, which the log alone cannot tell', async () => {
    await serve(append(25));
    edit((raw) => {
      rewriteFrom(raw, 7);
      raw.exec('DELETE FROM checkpoint');
    });
    expect(await verify()).toEqual({ chain: true, own: true, anchor: false });
    expect(await judgeExport()).toMatchObject({ anchored: 1 });
    expect(notices.join()).toContain('the anchor knows record');
  });

  it('is found out when he cuts the log, with or without its checkpoints', async () => {
    await serve(append(25));
    const last = Number(JSON.parse(readFileSync(at('anchor'), 'utf8').trim().split('\n').at(-1)!).sequence);
    expect(last).toBe(25);
    edit((raw) => raw.exec('DELETE FROM entry WHERE sequence > 20'));
    expect(await verify()).toEqual({ chain: true, own: false, anchor: false });
    edit((raw) => raw.exec('DELETE FROM checkpoint WHERE sequence > 20'));
    expect(await verify()).toMatchObject({ chain: true, own: true, anchor: false });
    expect(await judgeExport()).toMatchObject({ anchored: 1 });
  });

  it('is found out when he signs other checkpoints with a key of his own', async () => {
    await serve(append(25));
    const own = testSigner();
    edit((raw) => {
      rewriteFrom(raw, 7);
      const rows = raw.prepare('SELECT sequence, document FROM checkpoint ORDER BY sequence').all() as {
        sequence: number;
        document: string;
      }[];
      let previous: string | undefined;
      for (const { sequence, document } of rows) {
        const {
          signature: _,
          previousCheckpoint: __,
          ...rest
        } = JSON.parse(document) as AuditCheckpoint & {
          signature: unknown;
        };
        const { hash } = raw.prepare('SELECT hash FROM entry WHERE sequence = ?').get(sequence) as Row;
        const forged = canonicalJson(
          signDocument(own, {
            ...rest,
            hash,
            ...(previous !== undefined && { previousCheckpoint: sha256Hex(previous) }),
          }),
        );
        raw.prepare('UPDATE checkpoint SET document = ? WHERE sequence = ?').run(forged, sequence);
        previous = forged;
      }
    });
    expect(await verify()).toEqual({ chain: true, own: false, anchor: false });
    expect(await judgeExport(own)).toEqual({ alone: 1, anchored: 1 });
  });

  it('gets no further signature for what he made of the log', async () => {
    await serve(append(25));
    const anchored = readFileSync(at('anchor'), 'utf8');
    edit((raw) => rewriteFrom(raw, 7));
    await serve(append(40));
    expect(readFileSync(at('anchor'), 'utf8')).toBe(anchored);
    const raw = new Libsql(database());
    expect(raw.prepare('SELECT max(sequence) AS last FROM checkpoint').get()).toMatchObject({ last: 25 });
    raw.close();
  });
});

describe('one who puts an older copy of audit.db in its place', () => {
  it('is found out by the anchor, at the next start and by the verifier', async () => {
    await serve(append(12));
    copyFileSync(database(), at('copy'));
    await serve(append(12));
    for (const end of ['-wal', '-shm']) rmSync(`${database()}${end}`, { force: true });
    copyFileSync(at('copy'), database());
    expect(await verify(false)).toMatchObject({ chain: true, own: true });
    expect((await verify()).anchor).toBe(false);
    await serve(append(30));
    expect(notices.join()).toContain('the anchor knows record 24');
    expect(await judgeExport()).toMatchObject({ anchored: 1 });
  });

  it('is found out when he takes the anchor away as well, by its absence', async () => {
    await serve(append(12));
    rmSync(at('anchor'));
    expect(await verify()).toEqual({ chain: true, own: true, anchor: false });
  });

  it('is found out when he throws the log away and lets the server begin another', async () => {
    await serve(append(12));
    for (const end of ['', '-wal', '-shm']) rmSync(`${database()}${end}`, { force: true });
    await serve(append(30));
    expect(notices.join()).toContain('the anchor is that of the log of node');
    expect((await verify()).anchor).toBe(false);
    expect(await judgeExport()).toMatchObject({ anchored: 1 });
  });
});

describe('one who wants a call without a record', () => {
  const collections = [collectionOf('photo-library')];
  const search = ['SearchFacesByImage', { CollectionId: 'c', Image: {} }] as const;

  it('gets nothing run while the log cannot be written', async () => {
    const bench = gateBench({ collections, auditStore: memoryAuditStore({ fail: () => true }) });
    for (let i = 0; i < 20; i += 1) expect((await refusalOf(bench.call(...search))).code).toBe('InternalServerError');
    expect(bench.ran).toEqual([]);
  });

  it('gets no result when the disk fills up while his call runs', async () => {
    let full = false;
    const bench = gateBench({
      collections,
      auditStore: memoryAuditStore({ together: true, fail: () => full }),
      run: () => {
        full = true;
        return { FaceMatches: ['a match'] };
      },
    });
    const refusal = await refusalOf(bench.call(...search));
    expect(refusal).toMatchObject({ code: 'InternalServerError', message: expect.stringContaining('withheld') });
    expect(JSON.stringify(refusal)).not.toContain('a match');
  });

  it('gets nothing run when he has broken the store itself', async () => {
    await serve(async (_trail, stores) => {
      const bench = gateBench({
        collections,
        parts: {
          audit: {
            append: (draft) =>
              stores.audit.append(() => ({ sequence: 99, body: draft.kind, previousHash: '', hash: '' })),
          },
        },
      });
      expect((await refusalOf(bench.call(...search))).code).toBe('InternalServerError');
      expect(bench.ran).toEqual([]);
    });
  });
});

describe('one who floods the port with calls that are not signed well', () => {
  it('cannot fill the log', async () => {
    await serve(async (trail) => {
      for (let i = 0; i < 20_000; i += 1) {
        trail.refused({
          requestId: `r${i}`,
          operation: 'DetectFaces',
          code: 'UnrecognizedClientException',
          accessKeyId: `****${(i + 46_656).toString(36).slice(0, 4)}`,
        });
      }
    });
    await serve(async (trail) => {
      const records = await trail.log.read({ afterSequence: 0, limit: 1_000 });
      expect(records.length).toBeLessThanOrEqual(18);
      expect(records.reduce((sum, { repeats }) => sum + (repeats ?? 1), 0)).toBe(20_000);
    });
  });
});
