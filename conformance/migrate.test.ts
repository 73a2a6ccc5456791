import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  AssociateFacesCommand,
  CreateCollectionCommand,
  CreateUserCommand,
  DeleteFacesCommand,
  DescribeCollectionCommand,
  type Face,
  IndexFacesCommand,
  ListFacesCommand,
  ListTagsForResourceCommand,
  ListUsersCommand,
  SearchFacesByImageCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cropFace, frontalFaces, smallSample } from './photos.ts';
import { discard, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';

const folder = temporaryFolder('likeness-migrate');
const kept = join(folder, 'kept');
const buckets = join(folder, 'buckets');
const people = join(folder, 'people');
const apiKey = '00000000-0000-0000-0000-000000000002';
const passphrase = 'correct horse battery staple';
let server: Server;
let away: Server;
let compreFace: HttpServer;
/** A photo of several people, and two photos of one of them each. */
let group: Uint8Array;
let portraits: Uint8Array[];
const asked: string[] = [];

const write = (path: string, bytes: Uint8Array | string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
};
/** Another image file of the same picture: what follows the end of a JPEG is not looked at. */
const variant = (bytes: Uint8Array, number: number): Uint8Array =>
  Buffer.concat([bytes, Buffer.from(`copy ${number}`)]);

beforeAll(async () => {
  const env = { LIKENESS_PROFILE: 'fast', LIKENESS_BUCKETS_DIR: buckets };
  const [one, other] = await Promise.all([startServer({ env }), startServer({ env })]);
  server = one;
  away = other;
  group = await smallSample(6);
  const client = server.client();
  await client.send(new CreateCollectionCommand({ CollectionId: 'aws' }));
  const index = new IndexFacesCommand({ CollectionId: 'aws', Image: { Bytes: group }, ExternalImageId: 'team.jpg' });
  const faces = ((await client.send(index)).FaceRecords ?? []).map(({ Face }) => Face ?? {});
  portraits = await Promise.all(faces.slice(0, 2).map(({ BoundingBox = {} }) => cropFace(group, BoundingBox)));
  write(join(kept, 'team.jpg'), group);
  write(join(people, 'Zoë Müller', 'one.jpg'), portraits[0] ?? '');
  write(join(people, 'Zoë Müller', 'two.jpg'), variant(portraits[0] ?? Buffer.of(), 2));
  write(join(people, 'ben', 'sub', 'three.jpg'), portraits[1] ?? '');
  write(join(people, 'nobody.jpg'), group);
  write(join(people, 'ben', 'broken.jpg'), 'no image');
  compreFace = createServer((request, response) => {
    asked.push(request.url ?? '');
    const url = new URL(request.url ?? '', 'http://localhost');
    const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    if (request.headers['x-api-key'] !== apiKey) {
      response.statusCode = 401;
      json({ message: 'Unauthorized', code: 9 });
      return;
    }
    const examples = ['11', '22', '33'].map((two, i) => ({
      image_id: `6b135f5b-a365-4522-b1f1-4c9ac2dd07${two}`,
      subject: i === 1 ? 'ben' : 'Zoë Müller',
    }));
    if (url.pathname === '/api/v1/recognition/subjects/') json({ subjects: ['Zoë Müller', 'ben', 'without example'] });
    else if (url.pathname === '/api/v1/recognition/faces') {
      // One to a page, whatever was asked for.
      const page = Number(url.searchParams.get('page'));
      json({
        faces: examples.slice(page, page + 1),
        page_number: page,
        page_size: 1,
        total_pages: 3,
        total_elements: 3,
      });
    } else {
      const at = examples.findIndex(({ image_id }) => url.pathname === `/api/v1/recognition/faces/${image_id}/img`);
      // The third is kept without its image: empty bytes, as documented.
      response.end(at === 2 ? '' : (portraits[at] ?? ''));
    }
  });
  await new Promise<void>((resolve) => compreFace.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  compreFace?.close();
  await Promise.all([discard(server), discard(away)]);
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({
  LIKENESS_BUCKETS_DIR: buckets,
  LIKENESS_EXPORT_PASSPHRASE: passphrase,
  AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  AWS_REGION: 'us-east-1',
});
/** Runs a command beside the started server, as a user would. */
const likeness = (...args: string[]) => likenessAt(server, ...args);
const likenessAt = async ({ dataDir, url }: Server, ...args: string[]) => {
  const ran = await runLikeness(dataDir, ['--endpoint', url, '--json', ...args], environment());
  return { ...ran, told: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) };
};
const facesOf = async (CollectionId: string): Promise<Face[]> =>
  (await server.client().send(new ListFacesCommand({ CollectionId }))).Faces ?? [];
const usersOf = async (CollectionId: string) =>
  ((await server.client().send(new ListUsersCommand({ CollectionId }))).Users ?? []).map(({ UserId }) => UserId).sort();

describe('likeness migrate from-aws', () => {
  it('indexes the images again, makes the users anew, and writes which FaceId became which', async () => {
    const client = server.client();
    const [first, second] = (await facesOf('aws')).map(({ FaceId = '' }) => FaceId);
    await client.send(new DeleteFacesCommand({ CollectionId: 'aws', FaceIds: [second ?? ''] }));
    await client.send(new CreateUserCommand({ CollectionId: 'aws', UserId: 'captain' }));
    await client.send(new AssociateFacesCommand({ CollectionId: 'aws', UserId: 'captain', FaceIds: [first ?? ''] }));
    const Image = { Bytes: portraits[1] ?? Buffer.of() };
    await client.send(new IndexFacesCommand({ CollectionId: 'aws', Image, ExternalImageId: 'lost.jpg' }));
    const before = await facesOf('aws');

    const args = ['migrate', 'from-aws', 'aws', '--aws-endpoint', server.url, '--images', kept, '--into', 'moved'];
    const { exitCode, told, stderr } = await likeness(...args);
    const come = frontalFaces[6] - 1;
    expect({ exitCode, told, stderr }).toMatchObject({
      exitCode: 5,
      told: { faces: come + 1, cameOver: come, others: 1, users: 1, associated: 1 },
    });
    expect(told.failures).toEqual([{ item: 'lost.jpg', code: 'NoImage', message: expect.any(String) }]);
    const after = await facesOf('moved');
    expect(after).toHaveLength(come);
    expect(after.every(({ ExternalImageId }) => ExternalImageId === 'team.jpg')).toBe(true);
    const [head = '', ...rows] = readFileSync(told.table, 'utf8').trim().split('\n');
    expect(head).toBe('aws_face_id,face_id,aws_image_id,image_id,external_image_id,user_id,box_overlap');
    const newIds = new Map(rows.map((row) => row.split(',').slice(0, 2) as [string, string]));
    for (const { FaceId = '', BoundingBox, ExternalImageId, UserId } of before) {
      const moved = after.find((face) => face.FaceId === newIds.get(FaceId));
      expect(moved?.BoundingBox).toEqual(ExternalImageId === 'lost.jpg' ? undefined : BoundingBox);
      expect(moved?.UserId).toBe(UserId);
    }
    // Once the image is found, the same command goes on with it, and with nothing else.
    write(join(kept, 'lost.jpg'), portraits[1] ?? '');
    expect(await likeness(...args)).toMatchObject({ exitCode: 0, told: { cameOver: come + 1, failures: [] } });
    expect(await facesOf('moved')).toHaveLength(come + 1);
  });
});

describe('likeness migrate from-compreface', () => {
  it('brings subjects over with their images, page by page, and says what has none', async () => {
    const key = join(folder, 'api-key');
    write(key, `${apiKey}\n`);
    const url = `http://127.0.0.1:${(compreFace.address() as AddressInfo).port}`;
    const args = ['migrate', 'from-compreface', url, '--into', 'cf', '--users', '--api-key-file', key];
    const { exitCode, told, stderr } = await likeness(...args);
    expect({ exitCode, told, stderr }).toMatchObject({
      exitCode: 5,
      told: { examples: 3, cameOver: 2, subjects: 3, users: 3, associated: 2 },
    });
    expect(told.failures).toEqual([
      { item: expect.stringContaining('Zoë'), code: 'NoImage', message: expect.stringContaining('save_images_to_db') },
    ]);
    const faces = await facesOf('cf');
    expect(faces.map(({ UserId, ExternalImageId }) => [UserId, ExternalImageId]).sort()).toEqual([
      [expect.stringMatching(/^Zo__M_ller\.[0-9a-f]{8}$/), expect.stringMatching(/^Zo__M_ller\.[0-9a-f]{8}$/)],
      ['ben', 'ben'],
    ]);
    expect(await usersOf('cf')).toHaveLength(3);
    expect(readFileSync(told.table, 'utf8')).toContain(faces[0]?.FaceId);
    for (const text of [stderr, JSON.stringify(told), asked.join()]) expect(text).not.toContain(apiKey);

    write(key, 'another key');
    expect(await likeness(...args)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('API key') });
  });
});

describe('likeness migrate from-folder', () => {
  it('takes the largest face of each photo under the name of its folder, and goes on with the rest', async () => {
    const args = ['migrate', 'from-folder', people, '--into', 'family', '--users'];
    const { exitCode, told, stderr } = await likeness(...args);
    expect({ exitCode, told, stderr }).toMatchObject({
      exitCode: 5,
      told: { people: 2, images: 3, users: 2, associated: 3, renamed: [{ name: 'Zoë Müller' }] },
    });
    expect(told.failures.map(({ item, code }: { item: string; code: string }) => [item, code]).sort()).toEqual([
      ['ben/broken.jpg', 'InvalidImageFormatException'],
      ['nobody.jpg', 'NoName'],
    ]);
    const faces = await facesOf('family');
    expect(faces).toHaveLength(3);
    expect(faces.filter(({ UserId }) => UserId === 'ben')).toHaveLength(1);
    expect(await likeness(...args)).toMatchObject({ told: { images: 0, before: 3, associated: 0 } });
    expect(await facesOf('family')).toEqual(faces);
  });
});

describe('likeness index', () => {
  it('goes on after a kill -9 with what is left, under a prefix of a bucket, and stores no face twice', async () => {
    const count = 12;
    for (let i = 0; i < count; i++)
      write(join(buckets, 'photos', 'in', `${i}.jpg`), variant(portraits[0] ?? Buffer.of(), i));
    write(join(buckets, 'photos', 'out.jpg'), group);
    await server.client().send(new CreateCollectionCommand({ CollectionId: 'bulk' }));
    const args = ['--endpoint', server.url, 'index', 'bulk', 's3://photos/in/'];
    const command = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'likeness.mjs');
    const journals = join(server.dataDir, 'index-journals');
    const done = () =>
      existsSync(journals)
        ? readdirSync(journals).flatMap((file) => readFileSync(join(journals, file), 'utf8').trim().split('\n')).length
        : 0;
    const env = { ...process.env, ...environment(), LIKENESS_DATA_DIR: server.dataDir, LIKENESS_PORT: '0' };
    const child = spawn(process.execPath, [command, ...args, '--concurrency', '1'], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    for (let i = 0; i < 600 && done() < 2; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await ended;
    const before = done();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(count);
    const { exitCode, told } = await likeness(...args.slice(2));
    expect({ exitCode, told }).toMatchObject({
      exitCode: 0,
      told: { passedOver: before, files: count - before, failures: [] },
    });
    const names = (await facesOf('bulk')).map(({ ExternalImageId }) => ExternalImageId);
    expect(names).toHaveLength(count);
    expect(new Set(names).size).toBe(count);
  });
});

describe('likeness collections export and import', () => {
  it('show the SDK the same faces, users, tags and matches at another server', async () => {
    const client = server.client();
    const Tags = { 'likeness:purpose': 'photo-library', team: 'blue' };
    await client.send(new CreateCollectionCommand({ CollectionId: 'album', Tags }));
    for (const [Bytes, ExternalImageId] of [[group, 'team.jpg'], [portraits[0]]] as const) {
      await client.send(new IndexFacesCommand({ CollectionId: 'album', Image: { Bytes }, ExternalImageId }));
    }
    const faces = await facesOf('album');
    for (const UserId of ['ann-of-home', 'nobody']) {
      await client.send(new CreateUserCommand({ CollectionId: 'album', UserId }));
    }
    const FaceIds = [faces[0]?.FaceId ?? ''];
    await client.send(new AssociateFacesCommand({ CollectionId: 'album', UserId: 'ann-of-home', FaceIds }));

    const file = join(folder, 'album.likeness');
    const exported = await likeness('collections', 'export', 'album', file);
    expect(exported).toMatchObject({ exitCode: 0, told: { faces: faces.length, users: 2, purpose: 'photo-library' } });
    const bytes = readFileSync(file);
    for (const secret of ['team.jpg', 'ann-of-home', 'blue', passphrase]) expect(bytes.includes(secret)).toBe(false);
    const imported = await likenessAt(away, 'collections', 'import', file);
    expect(imported).toMatchObject({ exitCode: 0, told: { faces: faces.length, left: [] } });
    expect(await stateOf(away, 'album')).toEqual(await stateOf(server, 'album'));
  });
});

/** All that the SDK sees of a collection, but for when it was made. */
async function stateOf(at: Server, CollectionId: string) {
  const client = at.client();
  const { CollectionARN, FaceModelVersion, FaceCount, UserCount } = await client.send(
    new DescribeCollectionCommand({ CollectionId }),
  );
  const search = new SearchFacesByImageCommand({ CollectionId, Image: { Bytes: group }, FaceMatchThreshold: 0 });
  const matches = (await client.send(search)).FaceMatches ?? [];
  return {
    counts: [FaceModelVersion, FaceCount, UserCount],
    faces: (await client.send(new ListFacesCommand({ CollectionId }))).Faces,
    users: (await client.send(new ListUsersCommand({ CollectionId }))).Users,
    tags: (await client.send(new ListTagsForResourceCommand({ ResourceArn: CollectionARN }))).Tags,
    matches: matches.map(({ Face, Similarity = 0 }) => [Face?.FaceId, Number(Similarity.toFixed(2))]),
  };
}
