import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AssociateFacesCommand,
  CreateUserCommand,
  DescribeCollectionCommand,
  ListFacesCommand,
  SearchFacesByImageCommand,
  SearchUsersByImageCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { frontalFaces, smallSample } from './photos.ts';
import { discard, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';

const folder = temporaryFolder('likeness-reembed');
const kept = join(folder, 'kept');
const bucket = join(folder, 'buckets', 'photos');
let server: Server;
let photo: Uint8Array;

beforeAll(async () => {
  for (const made of [kept, bucket]) mkdirSync(made, { recursive: true });
  photo = await smallSample(6);
  writeFileSync(join(folder, 'six.jpg'), photo);
  writeFileSync(join(folder, 'three.jpg'), await smallSample(3));
  server = await startServer({ env: { LIKENESS_PROFILE: 'fast', LIKENESS_BUCKETS_DIR: join(folder, 'buckets') } });
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

describe('moving a collection to another face model', () => {
  beforeEach(async () => {
    await likeness('collections', 'delete', 'album');
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(kept);
    for (const name of ['six.jpg', 'three.jpg']) copyFileSync(join(folder, name), join(kept, name));
    expect((await likeness('collections', 'create', 'album')).exitCode).toBe(0);
    expect((await likeness('index', 'album', kept)).exitCode).toBe(0);
  });

  it('keeps faces, names and users, whatever the images are called now', async () => {
    const client = server.client();
    const before = await faces();
    expect(before).toHaveLength(frontalFaces[6] + frontalFaces[3]);
    const [largest] =
      (await client.send(new SearchFacesByImageCommand({ CollectionId: 'album', Image: { Bytes: photo } })))
        .FaceMatches ?? [];
    const FaceIds = [largest?.Face?.FaceId ?? ''];
    await client.send(new CreateUserCommand({ CollectionId: 'album', UserId: 'ann' }));
    await client.send(new AssociateFacesCommand({ CollectionId: 'album', UserId: 'ann', FaceIds }));
    const userOf = new Map([[FaceIds[0], 'ann']]);
    copyFileSync(join(kept, 'six.jpg'), join(kept, 'renamed.jpg'));
    rmSync(join(kept, 'six.jpg'));

    const { exitCode, told } = await reembed('--to', '1.0', '--images', kept);
    expect({ exitCode, told }).toMatchObject({ exitCode: 0, told: { from: '1.1', to: '1.0', switched: true } });
    expect(await modelVersion()).toBe('1.0');
    const withUsers = before.map((face) => {
      const UserId = userOf.get(face.FaceId);
      return { ...face, IndexFacesModelVersion: '1.0', ...(UserId !== undefined && { UserId }) };
    });
    expect(await faces()).toEqual(withUsers);
    const found = await client.send(new SearchUsersByImageCommand({ CollectionId: 'album', Image: { Bytes: photo } }));
    expect(found.UserMatches?.[0]?.User?.UserId).toBe('ann');
    expect(found.UserMatches?.[0]?.Similarity).toBeGreaterThan(99);
    expect(found.FaceModelVersion).toBe('1.0');
  });

  it('tells which faces it cannot move and goes on with its own model until they may be dropped', async () => {
    rmSync(join(kept, 'three.jpg'));
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
    expect(await faces()).toHaveLength(frontalFaces[6] + frontalFaces[3]);
    const last = await reembed('--to', '1.0', '--images', kept, '--drop-missing', '--yes');
    expect(last).toMatchObject({ exitCode: 0, told: { switched: true, faces: frontalFaces[6] } });
    expect(await modelVersion()).toBe('1.0');
    expect(await faces()).toHaveLength(frontalFaces[6]);
  });

  it('reads the images from a bucket, and goes on where it was stopped', async () => {
    copyFileSync(join(folder, 'six.jpg'), join(bucket, 'a.jpg'));
    expect((await reembed('--to', '1.0', '--bucket', 'photos')).told.missing).toHaveLength(frontalFaces[3]);
    copyFileSync(join(folder, 'three.jpg'), join(bucket, 'b.jpg'));
    const { exitCode, stderr } = await reembed('--to', '1.0', '--bucket', 'photos');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`${frontalFaces[6]} faces are done`),
    });
  });

  it('is given up, and refuses a model that is not there or that it has', async () => {
    rmSync(join(kept, 'three.jpg'));
    await reembed('--to', '1.0', '--images', kept);
    expect((await reembed('--cancel')).told).toEqual({ cancelled: true });
    expect((await reembed('--cancel')).told).toEqual({ cancelled: false });
    for (const version of ['9.9', '1.1']) {
      const refused = await reembed('--to', version, '--images', kept);
      expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(version) });
    }
    expect(await modelVersion()).toBe('1.1');
  });
});
