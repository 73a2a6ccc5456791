import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  CreateCollectionCommand,
  DeleteCollectionCommand,
  IndexFacesCommand,
  ListCollectionsCommand,
  ListFacesCommand,
  type RekognitionClient,
  SearchFacesByImageCommand,
  SearchFacesCommand,
} from '@aws-sdk/client-rekognition';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../conformance/failures.ts';
import { cropFace, frontalFaces, smallSample } from '../../conformance/photos.ts';
import { discard, runLikeness, type Server, startServer, temporaryFolder } from '../../conformance/server.ts';
import { sendUnsigned } from '../../conformance/wire.ts';

const env = { LIKENESS_PROFILE: 'fast' };

let server: Server | undefined;
const folders: string[] = [];
afterEach(async () => {
  await discard(server);
  server = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the test. */
function newFolder(name: string): string {
  const folder = temporaryFolder(name);
  folders.push(folder);
  return folder;
}

const index = async (client: RekognitionClient, CollectionId: string, Bytes: Uint8Array, ExternalImageId: string) => {
  const answer = await client.send(new IndexFacesCommand({ CollectionId, Image: { Bytes }, ExternalImageId }));
  return (answer.FaceRecords ?? []).map(({ Face }) => Face?.FaceId ?? '');
};
const listed = async (client: RekognitionClient, CollectionId: string) =>
  ((await client.send(new ListFacesCommand({ CollectionId }))).Faces ?? []).map(({ FaceId = '' }) => FaceId);

describe('a flipped byte in the database of a stopped server', () => {
  it('is detected and named, its collection is never answered from, and the others are', async () => {
    const photo = await smallSample(6);
    const dataDir = temporaryFolder('likeness-flipped');
    server = await startServer({ dataDir, env });
    for (const CollectionId of ['harmed', 'sound']) {
      await server.client().send(new CreateCollectionCommand({ CollectionId }));
      await index(server.client(), CollectionId, photo, `mark-of-${CollectionId}`);
    }
    const sound = await listed(server.client(), 'sound');
    expect(await server.stop()).toBe(0);

    const file = join(dataDir, 'collections.db');
    const bytes = readFileSync(file);
    let flipped = 0;
    for (let at = bytes.indexOf('mark-of-harmed'); at >= 0; at = bytes.indexOf('mark-of-harmed', at + 1)) {
      bytes[at] = (bytes[at] ?? 0) ^ 0x20;
      flipped += 1;
    }
    expect(flipped).toBeGreaterThan(0);
    writeFileSync(file, bytes);

    server = await startServer({ dataDir, env });
    expect(server.log()).toContain('the collection harmed is quarantined');
    const client = server.client();
    const refused = await Promise.all([
      failureOf(client.send(new ListFacesCommand({ CollectionId: 'harmed' }))),
      failureOf(client.send(new SearchFacesByImageCommand({ CollectionId: 'harmed', Image: { Bytes: photo } }))),
      failureOf(index(client, 'harmed', photo, 'more')),
    ]);
    for (const failure of refused) {
      expect(failure.name).toBe('InternalServerError');
      expect(failure.message).toContain('quarantined');
    }
    expect(await listed(client, 'sound')).toEqual(sound);
    const found = await client.send(new SearchFacesByImageCommand({ CollectionId: 'sound', Image: { Bytes: photo } }));
    expect(found.FaceMatches).toHaveLength(1);
    const { text } = await sendUnsigned(server, { method: 'GET', path: '/metrics' });
    expect(text).toMatch(/^likeness_collections_quarantined 1$/m);

    await client.send(new DeleteCollectionCommand({ CollectionId: 'harmed' }));
    await client.send(new CreateCollectionCommand({ CollectionId: 'harmed' }));
    await index(client, 'harmed', photo, 'again');
    expect(await listed(client, 'harmed')).toHaveLength(sound.length);
  });
});

describe('a damaged model file', () => {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const modelsDir = process.env.LIKENESS_MODELS_DIR || join(cache, 'likeness', 'models');

  /** Copies the models and harms the first of them; without its sources nothing can mend it. */
  function harmedModels(options: { withSources: boolean }): { folder: string; name: string } {
    const folder = join(newFolder('likeness-models'), 'models');
    mkdirSync(folder);
    const names = readdirSync(modelsDir).filter((name) => name.endsWith('.onnx'));
    for (const name of names) cpSync(join(modelsDir, name), join(folder, name));
    const sources = join(modelsDir, 'sources');
    if (options.withSources && existsSync(sources)) cpSync(sources, join(folder, 'sources'), { recursive: true });
    const name = names.sort()[0] ?? '';
    const bytes = readFileSync(join(folder, name));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(join(folder, name), bytes);
    return { folder, name };
  }
  const idOf = (name: string) => name.replace(/-[0-9a-f]+\.onnx$/, '');

  it('is named by `likeness models verify` with what to do', async () => {
    const { folder, name } = harmedModels({ withSources: false });
    const verified = await runLikeness(newFolder('likeness-damaged'), ['models', 'verify'], {
      LIKENESS_MODELS_DIR: folder,
    });
    expect(verified.exitCode).toBe(1);
    expect(verified.stdout + verified.stderr).toContain(idOf(name));
    expect(verified.stdout + verified.stderr).toContain('likeness models pull');
  });

  it('keeps the server from starting when it cannot be fetched afresh, and nothing is served from it', async () => {
    const { folder, name } = harmedModels({ withSources: false });
    const started = await runLikeness(newFolder('likeness-damaged'), ['serve'], {
      LIKENESS_MODELS_DIR: folder,
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_fetch_retries: '0',
      npm_config_cache: newFolder('likeness-npm'),
    });
    expect(started.exitCode).toBe(1);
    expect(started.stdout).not.toContain('serves the Amazon Rekognition API');
    expect(started.stderr).toContain(`Model ${idOf(name)} is refused`);
    expect(started.stderr).toContain('likeness models pull');
  });

  it('is made anew from its verified source before the server serves', async (context) => {
    if (!existsSync(join(modelsDir, 'sources'))) context.skip('the sources of the models are not in the cache');
    const { folder, name } = harmedModels({ withSources: true });
    server = await startServer({ env: { ...env, LIKENESS_MODELS_DIR: folder } });
    expect(server.log()).toContain(`Model ${idOf(name)} is refused`);
    expect(readFileSync(join(folder, name)).equals(readFileSync(join(modelsDir, name)))).toBe(true);
  });
});

describe('a full disk', () => {
  it('fails requests with an error, keeps what was acknowledged, and works again when there is room', async (context) => {
    const dataDir = temporaryFolder('likeness-full');
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', dataDir], { stdio: 'ignore' });
    } catch {
      context.skip('a small file system can only be mounted by root on Linux');
    }
    try {
      server = await startServer({ dataDir, env });
      const client = server.client();
      const photo = await smallSample(6);
      await client.send(new CreateCollectionCommand({ CollectionId: 'full' }));
      const first = await client.send(new IndexFacesCommand({ CollectionId: 'full', Image: { Bytes: photo } }));
      const records = first.FaceRecords ?? [];
      const acknowledged = records.map(({ Face }) => Face?.FaceId ?? '');
      const crop = await cropFace(photo, records[0]?.Face?.BoundingBox ?? {});
      const filler = join(dataDir, 'filler');
      fill(filler, dataDir);

      let refusal: Awaited<ReturnType<typeof failureOf>> | undefined;
      for (let n = 0; n < 200 && refusal === undefined; n += 1) {
        await index(client, 'full', crop, `more:${n}`).then(
          (ids) => acknowledged.push(...ids),
          (error) => {
            refusal = error;
          },
        );
      }
      expect(refusal?.name).toBe('InternalServerError');
      expect(refusal?.$metadata.httpStatusCode).toBe(500);
      expect((await sendUnsigned(server, { method: 'GET', path: '/livez' })).status).toBe(200);

      rmSync(filler);
      acknowledged.push(...(await index(client, 'full', crop, 'room-again')));
      expect((await listed(client, 'full')).sort()).toEqual(expect.arrayContaining([...acknowledged].sort()));
      await server.kill();

      server = await startServer({ dataDir, env });
      const after = await listed(server.client(), 'full');
      expect(after).toEqual(expect.arrayContaining(acknowledged));
      const search = new SearchFacesCommand({ CollectionId: 'full', FaceId: after[0], FaceMatchThreshold: 0 });
      expect((await server.client().send(search)).FaceMatches).toHaveLength(Math.min(after.length - 1, 80));
      expect((await server.client().send(new ListCollectionsCommand({}))).CollectionIds).toEqual(['full']);
      expect(acknowledged.length).toBeGreaterThanOrEqual(frontalFaces[6]);
      expect((await server.likeness('audit', 'verify')).exitCode).toBe(0);
      await server.stop();
    } finally {
      await server?.stop();
      server = undefined;
      execFileSync('umount', ['-l', dataDir]);
    }
  });

  /** Writes a file until the folder has no more than about 200 KB left. */
  function fill(filler: string, folder: string): void {
    const free = Number(execFileSync('df', ['--output=avail', '-B1', folder]).toString().trim().split('\n').at(-1));
    writeFileSync(filler, Buffer.alloc(Math.max(0, free - 200_000)));
    expect(statSync(filler).size).toBeGreaterThan(0);
  }
});
