import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CreateCollectionCommand,
  DetectFacesCommand,
  IndexFacesCommand,
  SearchFacesByImageCommand,
  SearchFacesCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { smallSample } from './photos.ts';
import { discard, type Server, startServer, temporaryFolder } from './server.ts';
import { send } from './wire.ts';

const verifier = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'likeness-verify.mjs');
/** Where the anchor and exports are: not in the data folder. */
const elsewhere = temporaryFolder('likeness-auditor');
const anchor = join(elsewhere, 'anchor');
let server: Server;
let photo: Uint8Array;

const verify = (file: string, ...more: string[]): Promise<{ exitCode: number; stdout: string }> =>
  new Promise((resolve) => {
    const key = join(server.dataDir, 'trust', 'public-key.pem');
    execFile(process.execPath, [verifier, file, '--key', key, ...more], (error, stdout) => {
      resolve({ exitCode: error ? Number(error.code) : 0, stdout });
    });
  });
const own = (path: string, query: Record<string, string> = {}) => send(server, { method: 'GET', path, query });
const records = async (...flags: string[]) => {
  const { stdout, exitCode } = await server.likeness('audit', 'show', '--json', '--limit', '500', ...flags);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Record<string, never>[];
};

beforeAll(async () => {
  server = await startServer({
    env: { LIKENESS_AUDIT_ANCHOR_FILE: anchor, LIKENESS_AUDIT_CHECKPOINT_RECORDS: '5' },
  });
  photo = await smallSample(3);
  const client = server.client();
  await client.send(new CreateCollectionCommand({ CollectionId: 'c', Tags: { album: 'secret-holiday' } }));
  await client.send(
    new IndexFacesCommand({ CollectionId: 'c', Image: { Bytes: photo }, ExternalImageId: 'ada-lovelace' }),
  );
  for (let i = 0; i < 2; i += 1) {
    await client.send(new SearchFacesByImageCommand({ CollectionId: 'c', Image: { Bytes: photo } }));
  }
  await expectFailure(
    client.send(new SearchFacesCommand({ CollectionId: 'nowhere', FaceId: '11111111-2222-3333-4444-555555555555' })),
    'ResourceNotFoundException',
  );
});
afterAll(() => discard(server));

describe('the audit log of a running server', () => {
  it('recognises a probe that comes again, and tells of no image, name or id', async () => {
    const shown = await records();
    const probes = shown.filter((record) => record.operation === 'SearchFacesByImage' && record.kind === 'outcome');
    expect(probes).toHaveLength(2);
    expect(probes[0]?.probes).toHaveLength(1);
    expect(probes[0]?.probes?.[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(probes[1]?.probes).toEqual(probes[0]?.probes);
    const text = JSON.stringify(shown);
    for (const secret of ['ada-lovelace', 'secret-holiday', '11111111-2222', server.credentials.secretAccessKey]) {
      expect(text).not.toContain(secret);
    }
    for (const record of shown) expect(record.node).toMatch(/^node-[0-9a-f]{10}$/);
  });

  it('keeps calls whose signature did not hold, once for many', async () => {
    const mallory = server.client({ credentials: { ...server.credentials, secretAccessKey: 'guessed' } });
    for (let i = 0; i < 5; i += 1) {
      await expectFailure(
        mallory.send(new DetectFacesCommand({ Image: { Bytes: photo } })),
        'InvalidSignatureException',
      );
    }
    const refusals = (await records()).filter((record) => record.rule === 'signature');
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatchObject({
      kind: 'refusal',
      code: 'InvalidSignatureException',
      operation: 'DetectFaces',
      actor: { person: '-', accessKeyId: `****${server.credentials.accessKeyId.slice(-4)}` },
    });
  });

  it('is shown by operation, person and time', async () => {
    const searches = await records('--operation', 'SearchFacesByImage');
    expect(searches).toHaveLength(4);
    expect(await records('--person', 'nobody')).toEqual([]);
    expect((await records('--since', '1h')).length).toBeGreaterThan(5);
    expect(await records('--since', '2999-01-01')).toEqual([]);
    expect((await server.likeness('audit', 'show', '--since', 'lately')).exitCode).toBe(2);
    expect((await server.likeness('audit', 'show')).stdout).toContain('SearchFacesByImage');
  });

  it('is exported beside the server, and verified with the public key alone', async () => {
    const file = join(elsewhere, 'export');
    const { exitCode, stdout } = await server.likeness('audit', 'export', file);
    expect(exitCode).toBe(0);
    const head = /head (\d+:[0-9a-f]{64})/.exec(stdout)?.[1] ?? '';
    const verdict = await verify(file, '--expect', head, '--checkpoints', anchor);
    expect(verdict.stdout).toMatch(/^INTACT: \d+ records, [1-9]/);
    expect(verdict.exitCode).toBe(0);

    const lines = readFileSync(file, 'utf8').split('\n');
    const changed = join(elsewhere, 'changed');
    writeFileSync(changed, lines.with(5, lines[5]?.replace('operator', 'somebody') ?? '').join('\n'));
    expect((await verify(changed)).exitCode).toBe(1);
    const cut = await verify(file, '--expect', `9999:${'0'.repeat(64)}`);
    expect(cut).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('truncated') });
  });

  it('is exported over the API as well', async () => {
    const file = join(elsewhere, 'over-api');
    const { exitCode, stderr } = await server.likeness('audit', 'export', file, '--endpoint', server.url);
    expect(exitCode, stderr).toBe(0);
    expect(await verify(file, '--checkpoints', anchor)).toMatchObject({ exitCode: 0 });
    const manifest = await own('/likeness/v1/audit/export/manifest');
    expect(manifest.json).toMatchObject({ kind: 'trailer', first: 1 });
    const page = await own('/likeness/v1/audit/export', { after: '2', limit: '3' });
    expect(page.json.entries.map(({ sequence }: { sequence: number }) => sequence)).toEqual([3, 4, 5]);
    expect(page.json.checkpoints.length).toBeGreaterThan(0);
    expect(page.json.next).toBe(5);
  });

  it('tells the public key', async () => {
    const { json } = await own('/likeness/v1/public-key');
    expect(json.publicKeyPem).toBe(readFileSync(join(server.dataDir, 'trust', 'public-key.pem'), 'utf8'));
    expect(json.keyId).toMatch(/^[0-9a-f]{16}$/);
  });

  it('ends a clean run with an anchored checkpoint of its last record', async () => {
    expect(await server.stop()).toBe(0);
    const checkpoints = readFileSync(anchor, 'utf8').trim().split('\n');
    const last = JSON.parse(checkpoints.at(-1) ?? '{}') as { sequence: number; hash: string };
    const { stdout, exitCode } = await server.likeness('audit', 'verify', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      intact: true,
      head: { sequence: last.sequence, hash: last.hash },
      checkpoints: { intact: true, checkpoints: checkpoints.length },
      anchor: { intact: true, checkpoints: checkpoints.length },
    });
  });
});
