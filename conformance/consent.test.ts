import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AssociateFacesCommand,
  CreateCollectionCommand,
  CreateUserCommand,
  DetectFacesCommand,
  IndexFacesCommand,
  ListFacesCommand,
  ListUsersCommand,
  SearchFacesByImageCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { cropFace, retouched, samplePhoto } from './photos.ts';
import { discard, type Server, startServer } from './server.ts';

let server: Server;
/** Everyone in one photo, largest face first, and each alone. */
let group: Uint8Array;
let alone: Uint8Array[];
let noticeFile: string;

/** The command line, which speaks to the running server with the operator's key. */
const likeness = (...words: string[]) => server.likeness('--endpoint', server.url, ...words);
const grant = async (subject: string, ...more: string[]): Promise<{ receiptId: string }> => {
  const words = ['--purpose', 'identity-verification', '--method', 'signed-form', '--notice', noticeFile];
  const { stdout, exitCode } = await likeness('--json', 'consent', 'grant', subject, ...words, ...more);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as { receiptId: string };
};
const index = (ExternalImageId: string | undefined, Bytes: Uint8Array, CollectionId = 'desk') =>
  server.client().send(new IndexFacesCommand({ CollectionId, Image: { Bytes }, ExternalImageId }));
const faces = async (CollectionId = 'desk') =>
  (await server.client().send(new ListFacesCommand({ CollectionId }))).Faces ?? [];

beforeAll(async () => {
  server = await startServer({});
  noticeFile = join(server.dataDir, 'notice.txt');
  writeFileSync(noticeFile, 'We keep a template of your face to check that you are you.');
  group = samplePhoto(5);
  const client = server.client();
  const { FaceDetails = [] } = await client.send(new DetectFacesCommand({ Image: { Bytes: group } }));
  alone = await Promise.all(FaceDetails.map(({ BoundingBox = {} }) => cropFace(group, BoundingBox)));
  expect(alone.length).toBeGreaterThan(2);
  for (const CollectionId of ['desk', 'second-desk']) {
    const Tags = { 'likeness:purpose': 'identity-verification' };
    await client.send(new CreateCollectionCommand({ CollectionId, Tags }));
  }
});
afterAll(() => discard(server));

describe('a collection whose purpose requires consent', () => {
  it('enrols nobody without a receipt', async () => {
    await expectFailure(index('ada', alone[0] as Uint8Array), 'AccessDeniedException');
    await expectFailure(index(undefined, alone[0] as Uint8Array), 'AccessDeniedException');
    const user = new CreateUserCommand({ CollectionId: 'desk', UserId: 'ada' });
    await expectFailure(server.client().send(user), 'AccessDeniedException');
    expect(await faces()).toEqual([]);
  });

  it('stores the largest face of a group, and tells the others as too many', async () => {
    await grant('ada');
    const { FaceRecords = [], UnindexedFaces = [] } = await index('ada', group);
    expect(FaceRecords).toHaveLength(1);
    expect(UnindexedFaces).toHaveLength(alone.length - 1);
    for (const { Reasons } of UnindexedFaces) expect(Reasons).toEqual(['EXCEEDS_MAX_FACES']);
    const box = FaceRecords[0]?.FaceDetail?.BoundingBox;
    for (const { FaceDetail } of UnindexedFaces) {
      expect(areaOf(FaceDetail?.BoundingBox)).toBeLessThanOrEqual(areaOf(box));
    }
  });

  it('takes another photo of the subject, and nobody else under its name, in no collection of the purpose', async () => {
    const { FaceRecords } = await index('ada', await retouched(alone[0] as Uint8Array), 'second-desk');
    expect(FaceRecords).toHaveLength(1);
    for (const stranger of alone.slice(1)) {
      for (const collection of ['desk', 'second-desk']) {
        await expectFailure(index('ada', stranger, collection), 'AccessDeniedException');
      }
    }
    expect([...(await faces()), ...(await faces('second-desk'))]).toHaveLength(2);
  });

  it('serves an AWS client on its subjects as any other collection does', async () => {
    const client = server.client();
    await client.send(new CreateUserCommand({ CollectionId: 'desk', UserId: 'ada' }));
    const FaceIds = (await faces()).flatMap(({ FaceId }) => FaceId ?? []);
    const joined = await client.send(new AssociateFacesCommand({ CollectionId: 'desk', UserId: 'ada', FaceIds }));
    expect(joined.AssociatedFaces).toHaveLength(1);
    const Image = { Bytes: await retouched(alone[0] as Uint8Array) };
    const { FaceMatches } = await client.send(new SearchFacesByImageCommand({ CollectionId: 'desk', Image }));
    expect(FaceMatches?.[0]?.Face?.ExternalImageId).toBe('ada');
  });

  it('holds nothing of a subject once its withdrawal has answered, and takes nothing new', async () => {
    const { receiptId } = await grant('ada', '--expires', tomorrow());
    const { stdout, stderr, exitCode } = await likeness('--json', 'consent', 'withdraw', receiptId);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ receipts: [{ state: 'withdrawn' }, { state: 'withdrawn' }] });
    expect(await faces()).toEqual([]);
    expect(await faces('second-desk')).toEqual([]);
    const { Users } = await server.client().send(new ListUsersCommand({ CollectionId: 'desk' }));
    expect(Users).toEqual([]);
    await expectFailure(index('ada', alone[0] as Uint8Array), 'AccessDeniedException');
    const shown = await likeness('consent', 'show', receiptId);
    expect(shown.stdout).toMatch(/subject +erased/);
  });
});

function areaOf(box: { Width?: number | undefined; Height?: number | undefined } | undefined): number {
  return (box?.Width ?? 0) * (box?.Height ?? 0);
}

function tomorrow(): string {
  return new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
}
