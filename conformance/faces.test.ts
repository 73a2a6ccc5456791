import {
  CreateCollectionCommand,
  DeleteFacesCommand,
  DescribeCollectionCommand,
  type FaceRecord,
  IndexFacesCommand,
  type IndexFacesCommandInput,
  ListFacesCommand,
  paginateListFaces,
  type RekognitionClient,
  SearchFacesByImageCommand,
  SearchFacesCommand,
} from '@aws-sdk/client-rekognition';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { blankImage, cropFace, frontalFaces, jpeg, retouched, smallSample } from './photos.ts';
import { discard, type Server, startServer } from './server.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const nobody = '00000000-0000-4000-8000-000000000000';
const noFaces = 'There are no faces in the image. Should be at least 1.';

let server: Server;
let client: RekognitionClient;
let photo: Uint8Array;
let others: Uint8Array;
let records: FaceRecord[];

beforeAll(async () => {
  server = await startServer({ env: { LIKENESS_WORKERS: '2' } });
  client = server.client();
  [photo, others] = await Promise.all([smallSample(6), smallSample(5)]);
  for (const CollectionId of ['album', 'other', 'empty'])
    await client.send(new CreateCollectionCommand({ CollectionId }));
  records = (await index('album', photo, { ExternalImageId: 'party:1' })).FaceRecords ?? [];
  await index('album', others, { ExternalImageId: 'wedding:2' });
});
afterAll(() => discard(server));

const index = (CollectionId: string, Bytes: Uint8Array, more: Partial<IndexFacesCommandInput> = {}) =>
  client.send(new IndexFacesCommand({ CollectionId, Image: { Bytes }, ...more }));
const list = (CollectionId: string, more: Partial<ConstructorParameters<typeof ListFacesCommand>[0]> = {}) =>
  client.send(new ListFacesCommand({ CollectionId, ...more }));
const idsOf = (found: FaceRecord[] | undefined) => (found ?? []).map(({ Face }) => Face?.FaceId ?? '');
const areaOf = ({ Face }: FaceRecord) => (Face?.BoundingBox?.Width ?? 0) * (Face?.BoundingBox?.Height ?? 0);

describe('IndexFaces', () => {
  it('stores every face of the image with ids, box, confidence and detail, largest first', async () => {
    expect(records).toHaveLength(frontalFaces[6]);
    for (const { Face, FaceDetail } of records) {
      expect(Face?.FaceId).toMatch(uuid);
      expect(Face?.ImageId).toMatch(uuid);
      expect(Face?.ExternalImageId).toBe('party:1');
      expect(Face?.IndexFacesModelVersion).toMatch(/^[0-9.]+$/);
      expect(Face?.BoundingBox).toEqual(FaceDetail?.BoundingBox);
      expect(FaceDetail?.Landmarks).toHaveLength(5);
    }
    expect(new Set(idsOf(records)).size).toBe(records.length);
    expect(new Set(records.map(({ Face }) => Face?.ImageId)).size).toBe(1);
    const areas = records.map(areaOf);
    expect(areas).toEqual([...areas].sort((a, b) => b - a));
  });

  it('stores nothing again for the same image under the same ExternalImageId, and answers with the same ids', async () => {
    const before = (await list('album')).Faces?.length;
    const again = await index('album', photo, { ExternalImageId: 'party:1' });
    expect(idsOf(again.FaceRecords)).toEqual(idsOf(records));
    expect((await list('album')).Faces).toHaveLength(before ?? -1);
  });

  it('stores the same image anew under another ExternalImageId, with the same ImageId', async () => {
    await index('other', photo, { ExternalImageId: 'one' });
    const anew = await index('other', photo, { ExternalImageId: 'two' });
    expect((await list('other')).Faces).toHaveLength(2 * frontalFaces[6]);
    expect(anew.FaceRecords?.[0]?.Face?.ImageId).toBe(records[0]?.Face?.ImageId);
    expect(idsOf(anew.FaceRecords)).not.toEqual(expect.arrayContaining(idsOf(records)));
  });

  it('keeps MaxFaces faces and tells that the others exceed it', async () => {
    await client.send(new CreateCollectionCommand({ CollectionId: 'at-most-one' }));
    const { FaceRecords, UnindexedFaces } = await index('at-most-one', photo, { MaxFaces: 1 });
    expect(FaceRecords).toHaveLength(1);
    expect(UnindexedFaces).toHaveLength(frontalFaces[6] - 1);
    for (const { Reasons, FaceDetail } of UnindexedFaces ?? []) {
      expect(Reasons).toEqual(['EXCEEDS_MAX_FACES']);
      expect(FaceDetail?.BoundingBox).toBeDefined();
    }
    expect((await list('at-most-one')).Faces).toHaveLength(1);
  });

  it('takes MaxFaces beyond 100 as 100, and refuses 0', async () => {
    expect((await index('album', photo, { ExternalImageId: 'party:1', MaxFaces: 5000 })).FaceRecords).toHaveLength(4);
    await expectFailure(
      index('album', photo, { MaxFaces: 0 }),
      'ValidationException',
      "1 validation error detected: Value '0' at 'maxFaces' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
  });

  it('leaves out faces below the QualityFilter with reasons, and takes them all with NONE', async () => {
    await client.send(new CreateCollectionCommand({ CollectionId: 'strict' }));
    const dim = await jpeg(sharp(photo).resize({ width: 480 }).blur(2.5));
    const strict = await index('strict', dim, { QualityFilter: 'HIGH' });
    expect(strict.FaceRecords).toEqual([]);
    expect(strict.UnindexedFaces?.length).toBeGreaterThan(0);
    const known = [
      'EXTREME_POSE',
      'LOW_BRIGHTNESS',
      'LOW_SHARPNESS',
      'LOW_CONFIDENCE',
      'SMALL_BOUNDING_BOX',
      'LOW_FACE_QUALITY',
    ];
    for (const { Reasons = [] } of strict.UnindexedFaces ?? []) {
      expect(Reasons.length).toBeGreaterThan(0);
      for (const reason of Reasons) expect(known).toContain(reason);
    }
    const lax = await index('strict', dim, { QualityFilter: 'NONE' });
    expect(lax.FaceRecords).toHaveLength(strict.UnindexedFaces?.length ?? -1);
    expect(lax.UnindexedFaces).toEqual([]);
  });

  it('answers an image without a face with empty lists', async () => {
    const answer = await index('empty', await blankImage());
    expect(answer).toMatchObject({ FaceRecords: [], UnindexedFaces: [] });
    expect((await list('empty')).Faces).toEqual([]);
  });

  it('refuses an ExternalImageId with a slash or a space, and a collection that does not exist', async () => {
    for (const ExternalImageId of ['a/b', 'a b', '']) {
      await expectFailure(index('album', photo, { ExternalImageId }), 'ValidationException', /'externalImageId'/);
    }
    await expectFailure(
      index('nowhere', photo),
      'ResourceNotFoundException',
      'The collection id: nowhere does not exist',
    );
  });

  it('is seen by the very next description, listing and search', async () => {
    await client.send(new CreateCollectionCommand({ CollectionId: 'at-once' }));
    const { FaceRecords } = await index('at-once', photo);
    const [FaceId = ''] = idsOf(FaceRecords);
    const found = await client.send(new SearchFacesCommand({ CollectionId: 'at-once', FaceId }));
    expect(found.SearchedFaceId).toBe(FaceId);
    const told = await client.send(new DescribeCollectionCommand({ CollectionId: 'at-once' }));
    expect(told.FaceCount).toBe(frontalFaces[6]);
    expect(idsOf(FaceRecords).sort()).toEqual((await list('at-once')).Faces?.map((face) => face.FaceId).sort());
  });
});

describe('ListFaces', () => {
  it('tells each face as it was indexed', async () => {
    const { Faces, FaceModelVersion, NextToken } = await list('album');
    expect(Faces).toHaveLength(frontalFaces[6] + frontalFaces[5]);
    expect(Faces?.slice(0, records.length)).toEqual(records.map(({ Face }) => Face));
    expect(FaceModelVersion).toBe(records[0]?.Face?.IndexFacesModelVersion);
    expect(NextToken).toBeUndefined();
  });

  it('comes in pages that hold every face once', async () => {
    const seen: string[] = [];
    for await (const page of paginateListFaces({ client, pageSize: 2 }, { CollectionId: 'album' })) {
      seen.push(...(page.Faces ?? []).map((face) => face.FaceId ?? ''));
    }
    expect(seen).toEqual((await list('album')).Faces?.map((face) => face.FaceId));
  });

  it('lists the faces that are asked for by id and passes over unknown ones', async () => {
    const [first = '', second = ''] = idsOf(records);
    const { Faces } = await list('album', { FaceIds: [second, nobody, first] });
    expect(Faces?.map((face) => face.FaceId).sort()).toEqual([first, second].sort());
  });

  it('refuses tokens of other collections, of other filters and changed ones', async () => {
    const { NextToken = '' } = await list('album', { MaxResults: 1 });
    const invalid = 'InvalidPaginationTokenException';
    await expectFailure(list('other', { MaxResults: 1, NextToken }), invalid, 'Invalid Pagination Token');
    await expectFailure(list('album', { MaxResults: 1, NextToken, FaceIds: idsOf(records) }), invalid);
    await expectFailure(list('album', { MaxResults: 1, NextToken: `x${NextToken}` }), invalid);
    expect((await list('album', { MaxResults: 1, NextToken })).Faces).toHaveLength(1);
  });

  it('refuses ids that are no UUIDs, and more results than 4096', async () => {
    await expectFailure(list('album', { FaceIds: ['face-1'] }), 'ValidationException', /at 'faceIds' failed/);
    await expectFailure(list('album', { FaceIds: [] }), 'ValidationException', /length greater than or equal to 1/);
    await expectFailure(list('album', { MaxResults: 4097 }), 'ValidationException');
    await expectFailure(list('nowhere'), 'ResourceNotFoundException');
  });
});

describe('DeleteFaces', () => {
  it('deletes what is there and reports what is not', async () => {
    await client.send(new CreateCollectionCommand({ CollectionId: 'shrinking' }));
    const [gone = '', ...kept] = idsOf((await index('shrinking', photo)).FaceRecords);
    const remove = (FaceIds: string[]) => client.send(new DeleteFacesCommand({ CollectionId: 'shrinking', FaceIds }));
    const first = await remove([gone, nobody]);
    expect(first.DeletedFaces).toEqual([gone]);
    expect(first.UnsuccessfulFaceDeletions).toEqual([{ FaceId: nobody, Reasons: ['FACE_NOT_FOUND'] }]);
    expect((await list('shrinking')).Faces?.map((face) => face.FaceId)).toEqual(kept);
    expect((await remove([gone])).DeletedFaces).toEqual([]);
    await expectFailure(
      client.send(new SearchFacesCommand({ CollectionId: 'shrinking', FaceId: gone })),
      'InvalidParameterException',
      'faceId was not found in the collection',
    );
    const again = await index('shrinking', photo);
    expect(idsOf(again.FaceRecords)).toHaveLength(frontalFaces[6]);
  });

  it('refuses an empty list and unknown collections', async () => {
    const remove = (CollectionId: string, FaceIds: string[]) =>
      client.send(new DeleteFacesCommand({ CollectionId, FaceIds }));
    await expectFailure(remove('album', []), 'ValidationException');
    await expectFailure(remove('nowhere', [nobody]), 'ResourceNotFoundException');
  });
});

describe('SearchFaces', () => {
  const search = (FaceId: string, more: { MaxFaces?: number; FaceMatchThreshold?: number } = {}) =>
    client.send(new SearchFacesCommand({ CollectionId: 'album', FaceId, ...more }));

  it('tells every other face for the threshold 0, most similar first, and never the searched one', async () => {
    const [FaceId = ''] = idsOf(records);
    const { FaceMatches = [], SearchedFaceId, FaceModelVersion } = await search(FaceId, { FaceMatchThreshold: 0 });
    expect(SearchedFaceId).toBe(FaceId);
    expect(FaceModelVersion).toBe(records[0]?.Face?.IndexFacesModelVersion);
    expect(FaceMatches).toHaveLength(frontalFaces[6] + frontalFaces[5] - 1);
    expect(FaceMatches.map(({ Face }) => Face?.FaceId)).not.toContain(FaceId);
    const similarities = FaceMatches.map(({ Similarity = -1 }) => Similarity);
    expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
  });

  it('finds no strangers at the default threshold', async () => {
    for (const FaceId of idsOf(records)) expect((await search(FaceId)).FaceMatches).toEqual([]);
  });

  it('keeps MaxFaces and refuses what is out of range', async () => {
    const [FaceId = ''] = idsOf(records);
    expect((await search(FaceId, { FaceMatchThreshold: 0, MaxFaces: 2 })).FaceMatches).toHaveLength(2);
    for (const wrong of [
      { MaxFaces: 0 },
      { MaxFaces: 4097 },
      { FaceMatchThreshold: -1 },
      { FaceMatchThreshold: 100.5 },
    ]) {
      await expectFailure(search(FaceId, wrong), 'ValidationException');
    }
    await expectFailure(search('no-uuid'), 'ValidationException');
    await expectFailure(search(nobody), 'InvalidParameterException', 'faceId was not found in the collection');
  });
});

describe('SearchFacesByImage', () => {
  const search = (
    CollectionId: string,
    Bytes: Uint8Array,
    more: { MaxFaces?: number; FaceMatchThreshold?: number } = {},
  ) => client.send(new SearchFacesByImageCommand({ CollectionId, Image: { Bytes }, ...more }));

  it('finds each person again in a retouched cut-out of the photo, and nobody else', async () => {
    for (const { Face } of records) {
      const probe = await retouched(await cropFace(photo, Face?.BoundingBox ?? {}));
      const { FaceMatches = [], SearchedFaceBoundingBox, SearchedFaceConfidence } = await search('album', probe);
      expect(FaceMatches.map((match) => match.Face?.FaceId)).toEqual([Face?.FaceId]);
      expect(FaceMatches[0]?.Similarity).toBeGreaterThanOrEqual(80);
      expect(FaceMatches[0]?.Face).toEqual(Face);
      expect(SearchedFaceBoundingBox?.Width).toBeGreaterThan(0.2);
      expect(SearchedFaceConfidence).toBeGreaterThan(50);
    }
  });

  it('searches for the largest face of the image', async () => {
    const { FaceMatches = [], SearchedFaceBoundingBox } = await search('album', photo);
    expect(FaceMatches[0]?.Face?.FaceId).toBe(records[0]?.Face?.FaceId);
    expect(SearchedFaceBoundingBox?.Left).toBeCloseTo(records[0]?.Face?.BoundingBox?.Left ?? -1, 1);
  });

  it('answers with an empty list where nobody is alike', async () => {
    const { FaceMatches, SearchedFaceBoundingBox } = await search('empty', photo);
    expect(FaceMatches).toEqual([]);
    expect(SearchedFaceBoundingBox).toBeDefined();
  });

  it('refuses an image without a face in the words that clients match', async () => {
    await expectFailure(search('album', await blankImage()), 'InvalidParameterException', noFaces);
  });

  it('keeps MaxFaces and refuses what is out of range', async () => {
    expect((await search('album', photo, { MaxFaces: 3, FaceMatchThreshold: 0 })).FaceMatches).toHaveLength(3);
    await expectFailure(search('album', photo, { MaxFaces: 0 }), 'ValidationException');
    await expectFailure(search('album', photo, { FaceMatchThreshold: 101 }), 'ValidationException');
    await expectFailure(search('nowhere', photo), 'ResourceNotFoundException');
  });
});
