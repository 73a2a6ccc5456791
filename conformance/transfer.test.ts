import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  AssociateFacesCommand,
  CreateCollectionCommand,
  CreateUserCommand,
  DescribeCollectionCommand,
  IndexFacesCommand,
  ListFacesCommand,
  ListTagsForResourceCommand,
  ListUsersCommand,
  SearchFacesByImageCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallSample } from './photos.ts';
import { discard, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';

const folder = temporaryFolder('likeness-transfer');
const file = join(folder, 'album.likeness');
const passphrase = 'correct horse battery staple';
let home: Server;
let away: Server;
let photo: Uint8Array;
let total: number;

beforeAll(async () => {
  [home, away] = await Promise.all([0, 1].map(() => startServer({ env: { LIKENESS_PROFILE: 'fast' } }))).then(
    ([one, other]) => [one as Server, other as Server] as const,
  );
  photo = await smallSample(6);
  const client = home.client();
  const Tags = { 'likeness:purpose': 'photo-library', team: 'blue' };
  await client.send(new CreateCollectionCommand({ CollectionId: 'album', Tags }));
  for (const [Bytes, ExternalImageId] of [[photo, 'team.jpg'], [await smallSample(3)]] as const) {
    await client.send(new IndexFacesCommand({ CollectionId: 'album', Image: { Bytes }, ExternalImageId }));
  }
  const faces = (await client.send(new ListFacesCommand({ CollectionId: 'album' }))).Faces ?? [];
  const [first] = faces;
  for (const UserId of ['ann-of-home', 'nobody']) {
    await client.send(new CreateUserCommand({ CollectionId: 'album', UserId }));
  }
  total = faces.length;
  const FaceIds = [first?.FaceId ?? ''];
  await client.send(new AssociateFacesCommand({ CollectionId: 'album', UserId: 'ann-of-home', FaceIds }));
});
afterAll(async () => {
  await Promise.all([discard(home), discard(away)]);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command beside one of the servers, with the passphrase in its environment. */
const likeness = async (server: Server, secret: string | undefined, ...args: string[]) => {
  const env = secret === undefined ? {} : { LIKENESS_EXPORT_PASSPHRASE: secret };
  const ran = await runLikeness(server.dataDir, ['--endpoint', server.url, '--json', 'collections', ...args], env);
  return { ...ran, told: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) };
};
const state = async (server: Server, CollectionId: string) => {
  const client = server.client();
  const {
    CreationTimestamp: _,
    CollectionARN,
    $metadata: __,
    ...described
  } = await client.send(new DescribeCollectionCommand({ CollectionId }));
  const search = new SearchFacesByImageCommand({ CollectionId, Image: { Bytes: photo }, FaceMatchThreshold: 0 });
  const matches = (await client.send(search)).FaceMatches ?? [];
  return {
    described,
    faces: (await client.send(new ListFacesCommand({ CollectionId }))).Faces,
    users: (await client.send(new ListUsersCommand({ CollectionId }))).Users,
    tags: (await client.send(new ListTagsForResourceCommand({ ResourceArn: CollectionARN }))).Tags,
    matches: matches.map(({ Face, Similarity = 0 }) => [Face?.FaceId, Number(Similarity.toFixed(2))]),
  };
};

// One file goes through its whole life, so each step stands on the one before.
describe('moving a collection to another server', () => {
  it('writes an encrypted file that says what it holds to everyone, and who it holds to nobody', async () => {
    const done = await likeness(home, passphrase, 'export', 'album', file);
    expect(done).toMatchObject({ exitCode: 0, told: { faces: total, users: 2, purpose: 'photo-library' } });
    expect(statSync(file).mode & 0o077).toBe(0);
    const bytes = readFileSync(file);
    for (const secret of ['team.jpg', 'ann-of-home', 'blue', passphrase]) expect(bytes.includes(secret)).toBe(false);
    expect(existsSync(`${file}.unfinished`)).toBe(false);
    expect(await likeness(away, undefined, 'verify-export', file)).toMatchObject({
      exitCode: 0,
      told: { whole: true, faces: total },
    });
  });

  it('shows the SDK the same faces, users, tags and matches at the other server', async () => {
    const done = await likeness(away, passphrase, 'import', file);
    expect(done).toMatchObject({ exitCode: 0, told: { faces: total, left: [] } });
    expect(await state(away, 'album')).toEqual(await state(home, 'album'));
  });
});
