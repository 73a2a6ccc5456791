import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AssociateFacesCommand,
  CreateCollectionCommand,
  CreateUserCommand,
  DescribeCollectionCommand,
  IndexFacesCommand,
  ListFacesCommand,
  SearchFacesByImageCommand,
  SearchUsersByImageCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontalFaces, smallSample } from './photos.ts';
import { discard, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';

const folder = temporaryFolder('likeness-reembed');
const kept = join(folder, 'kept');
const empty = join(folder, 'empty');
const bucket = join(folder, 'buckets', 'photos');
let server: Server;
let photo: Uint8Array;
let faceIds: string[];

beforeAll(async () => {
  for (const made of [kept, bucket, empty]) mkdirSync(made, { recursive: true });
  photo = await smallSample(6);
  const other = await smallSample(3);
  // Images are known again by their bytes, wherever and under whatever name they are kept now.
  writeFileSync(join(kept, 'renamed.jpg'), photo);
  writeFileSync(join(bucket, 'b.jpg'), other);
  server = await startServer({ env: { LIKENESS_PROFILE: 'fast', LIKENESS_BUCKETS_DIR: join(folder, 'buckets') } });
  const client = server.client();
  await client.send(new CreateCollectionCommand({ CollectionId: 'album' }));
  for (const Bytes of [photo, other]) {
    await client.send(new IndexFacesCommand({ CollectionId: 'album', Image: { Bytes } }));
  }
  const [largest] =
    (await client.send(new SearchFacesByImageCommand({ CollectionId: 'album', Image: { Bytes: photo } })))
      .FaceMatches ?? [];
  faceIds = [largest?.Face?.FaceId ?? ''];
  await client.send(new CreateUserCommand({ CollectionId: 'album', UserId: 'ann' }));
  await client.send(new AssociateFacesCommand({ CollectionId: 'album', UserId: 'ann', FaceIds: faceIds }));
});
afterAll(async () => {
  await discard(server);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command against the started server, as a user beside it would. */
const likeness = (...args: string[]) =>
  runLikeness(server.dataDir, ['--endpoint', server.url, ...args], {
    LIKENESS_BUCKETS_DIR: join(folder, 'buckets'),
  });
const reembed = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await likeness('--json', 'collections', 'reembed', 'album', ...args);
  return { exitCode, stderr, told: stdout === '' ? undefined : JSON.parse(stdout) };
};
const faces = async () => (await server.client().send(new ListFacesCommand({ CollectionId: 'album' }))).Faces ?? [];
const modelVersion = async () =>
  (await server.client().send(new DescribeCollectionCommand({ CollectionId: 'album' }))).FaceModelVersion;

// One collection goes from 1.1 to 1.0 and back, so each step stands on the one before.
describe('moving a collection to another face model', () => {
  it('tells which faces it cannot move and goes on with its own model until they may be dropped', async () => {
    const before = await faces();
    expect(before).toHaveLength(frontalFaces[6] + frontalFaces[3]);
    const first = await reembed('--to', '1.0', '--images', kept);
    expect(first).toMatchObject({ exitCode: 5, told: { switched: false } });
    expect(first.told.missing).toHaveLength(frontalFaces[3]);
    for (const { reason } of first.told.missing) expect(reason).toBe('its image is not there');
    expect(await modelVersion()).toBe('1.1');
    const search = new SearchFacesByImageCommand({ CollectionId: 'album', Image: { Bytes: photo } });
    expect((await server.client().send(search)).FaceMatches?.[0]?.Similarity).toBeGreaterThan(99);

    expect(await reembed('--to', '1.0', '--images', kept, '--drop-missing')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await faces()).toEqual(before);
  });

  it('goes on where it was stopped, from a bucket, and keeps faces and users', async () => {
    const before = await faces();
    const { exitCode, stderr, told } = await reembed('--to', '1.0', '--bucket', 'photos');
    expect({ exitCode, stderr, told }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`${frontalFaces[6]} faces are done`),
      told: { from: '1.1', to: '1.0', switched: true },
    });
    expect(await modelVersion()).toBe('1.0');
    expect(await faces()).toEqual(before.map((face) => ({ ...face, IndexFacesModelVersion: '1.0' })));
    expect(before.filter(({ UserId }) => UserId === 'ann').map(({ FaceId }) => FaceId)).toEqual(faceIds);
    const search = new SearchUsersByImageCommand({ CollectionId: 'album', Image: { Bytes: photo } });
    const found = await server.client().send(search);
    expect(found.UserMatches?.[0]?.User?.UserId).toBe('ann');
    expect(found.UserMatches?.[0]?.Similarity).toBeGreaterThan(99);
    expect(found.FaceModelVersion).toBe('1.0');
  });

  it('drops what cannot be moved where that is allowed', async () => {
    const last = await reembed('--to', '1.1', '--images', kept, '--drop-missing', '--yes');
    expect(last).toMatchObject({ exitCode: 0, told: { switched: true, faces: frontalFaces[6] } });
    expect(await modelVersion()).toBe('1.1');
    expect(await faces()).toHaveLength(frontalFaces[6]);
  });

  it('is given up, and refuses a model that is not there or that it has', async () => {
    expect(await reembed('--to', '1.0', '--images', empty)).toMatchObject({ exitCode: 5 });
    expect((await reembed('--cancel')).told).toEqual({ cancelled: true });
    const versions = ['9.9', '1.1'];
    const refused = await Promise.all(versions.map((version) => reembed('--to', version, '--images', kept)));
    for (const [i, version] of versions.entries()) {
      expect(refused[i]).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(version) });
    }
    expect(await modelVersion()).toBe('1.1');
  });
});
