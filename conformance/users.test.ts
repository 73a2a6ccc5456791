import {
  AssociateFacesCommand,
  CreateCollectionCommand,
  CreateUserCommand,
  DeleteFacesCommand,
  DeleteUserCommand,
  DescribeCollectionCommand,
  DisassociateFacesCommand,
  type FaceRecord,
  IndexFacesCommand,
  ListFacesCommand,
  ListUsersCommand,
  paginateListUsers,
  type RekognitionClient,
  SearchUsersByImageCommand,
  SearchUsersCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { blankImage, cropFace, frontalFaces, retouched, smallSample } from './photos.ts';
import { discard, type Server, startServer } from './server.ts';

const nobody = '00000000-0000-4000-8000-000000000000';

let server: Server;
let client: RekognitionClient;
let photo: Uint8Array;
let faces: FaceRecord[];
/** The same people in another image: the second face of each. */
let again: FaceRecord[];

beforeAll(async () => {
  server = await startServer({ env: { LIKENESS_WORKERS: '2' } });
  client = server.client();
  photo = await smallSample(6);
  for (const CollectionId of ['people', 'guests']) await client.send(new CreateCollectionCommand({ CollectionId }));
  faces = await index(photo);
  again = inOrderOf(faces, await index(await retouched(photo)));
});
afterAll(() => discard(server));

const index = async (Bytes: Uint8Array) =>
  (await client.send(new IndexFacesCommand({ CollectionId: 'people', Image: { Bytes } }))).FaceRecords ?? [];
/** The retouched photo's faces in the order of the photo's: two of much the same size may change places. */
const inOrderOf = (order: readonly FaceRecord[], found: readonly FaceRecord[]): FaceRecord[] =>
  order.flatMap(({ Face: wanted }) => {
    const away = ({ Face }: FaceRecord) =>
      Math.abs((Face?.BoundingBox?.Left ?? 0) - (wanted?.BoundingBox?.Left ?? 0)) +
      Math.abs((Face?.BoundingBox?.Top ?? 0) - (wanted?.BoundingBox?.Top ?? 0));
    return [...found].sort((a, b) => away(a) - away(b)).slice(0, 1);
  });
const idOf = (face: FaceRecord | undefined) => face?.Face?.FaceId ?? '';
const scope = { CollectionId: 'people' };
const createUser = (UserId: string, ClientRequestToken?: string) =>
  client.send(new CreateUserCommand({ ...scope, UserId, ...(ClientRequestToken && { ClientRequestToken }) }));
const deleteUser = (UserId: string, ClientRequestToken?: string) =>
  client.send(new DeleteUserCommand({ ...scope, UserId, ...(ClientRequestToken && { ClientRequestToken }) }));
const associate = (
  UserId: string,
  FaceIds: string[],
  more: { UserMatchThreshold?: number; ClientRequestToken?: string } = {},
) => client.send(new AssociateFacesCommand({ ...scope, UserId, FaceIds, ...more }));
const disassociate = (UserId: string, FaceIds: string[]) =>
  client.send(new DisassociateFacesCommand({ ...scope, UserId, FaceIds }));
const listed = async () => (await client.send(new ListUsersCommand(scope))).Users ?? [];
const statusOf = async (UserId: string) => (await listed()).find((user) => user.UserId === UserId)?.UserStatus;
const facesOf = async (UserId: string) =>
  (await client.send(new ListFacesCommand({ ...scope, UserId }))).Faces?.map((face) => face.FaceId) ?? [];
const noUser = (UserId: string) => `The user id: ${UserId} does not exist`;

describe('the life of a user', () => {
  it('begins without faces in the state CREATED', async () => {
    await createUser('born');
    expect(await statusOf('born')).toBe('CREATED');
    expect(await facesOf('born')).toEqual([]);
    const { UserCount } = await client.send(new DescribeCollectionCommand(scope));
    expect(UserCount).toBe((await listed()).length);
    await deleteUser('born');
  });

  it('becomes ACTIVE with its first face, and CREATED again without its last', async () => {
    await createUser('grown');
    const joined = await associate('grown', [idOf(faces[0])]);
    expect(joined).toMatchObject({
      AssociatedFaces: [{ FaceId: idOf(faces[0]) }],
      UnsuccessfulFaceAssociations: [],
      UserStatus: 'ACTIVE',
    });
    expect(await statusOf('grown')).toBe('ACTIVE');
    expect(await facesOf('grown')).toEqual([idOf(faces[0])]);
    const parted = await disassociate('grown', [idOf(faces[0])]);
    expect(parted).toMatchObject({
      DisassociatedFaces: [{ FaceId: idOf(faces[0]) }],
      UnsuccessfulFaceDisassociations: [],
      UserStatus: 'CREATED',
    });
    expect(await facesOf('grown')).toEqual([]);
    await deleteUser('grown');
  });

  it('ends with its deletion, which leaves its faces in the collection', async () => {
    await createUser('gone');
    await associate('gone', [idOf(faces[0])]);
    await deleteUser('gone');
    expect(await statusOf('gone')).toBeUndefined();
    const { Faces } = await client.send(new ListFacesCommand({ ...scope, FaceIds: [idOf(faces[0])] }));
    expect(Faces).toHaveLength(1);
    expect(Faces?.[0]).not.toHaveProperty('UserId');
    await expectFailure(deleteUser('gone'), 'ResourceNotFoundException', noUser('gone'));
  });

  it('refuses a second user of the same id, and a collection that does not exist', async () => {
    await createUser('only');
    await expectFailure(createUser('only'), 'ConflictException');
    await expectFailure(
      client.send(new CreateUserCommand({ CollectionId: 'nowhere', UserId: 'x' })),
      'ResourceNotFoundException',
      'The collection id: nowhere does not exist',
    );
    await expectFailure(createUser('no spaces'), 'ValidationException', /at 'userId' failed/);
    await expectFailure(createUser('u'.repeat(129)), 'ValidationException', /less than or equal to 128/);
    await deleteUser('only');
  });
});

describe('the faces of a user', () => {
  beforeAll(async () => {
    await createUser('anna');
    await createUser('berta');
    await associate('anna', [idOf(faces[0])]);
    await associate('berta', [idOf(faces[1])]);
  });
  afterAll(async () => {
    await deleteUser('anna');
    await deleteUser('berta');
  });

  it('carry the user in listings and searches', async () => {
    const { Faces } = await client.send(new ListFacesCommand({ ...scope, FaceIds: [idOf(faces[0])] }));
    expect(Faces?.[0]?.UserId).toBe('anna');
  });

  it('can join again without effect', async () => {
    const { AssociatedFaces, UnsuccessfulFaceAssociations } = await associate('anna', [idOf(faces[0])]);
    expect(AssociatedFaces).toEqual([]);
    expect(UnsuccessfulFaceAssociations).toEqual([]);
  });

  it('join when they look like the user', async () => {
    const { AssociatedFaces } = await associate('anna', [idOf(again[0])]);
    expect(AssociatedFaces).toEqual([{ FaceId: idOf(again[0]) }]);
    await disassociate('anna', [idOf(again[0])]);
  });

  it('are refused one by one with the reason', async () => {
    const { AssociatedFaces, UnsuccessfulFaceAssociations: refused = [] } = await associate('anna', [
      nobody,
      idOf(faces[1]),
      idOf(faces[2]),
      idOf(again[0]),
    ]);
    expect(AssociatedFaces).toEqual([{ FaceId: idOf(again[0]) }]);
    expect(refused).toHaveLength(3);
    expect(refused.find(({ FaceId }) => FaceId === nobody)?.Reasons).toEqual(['FACE_NOT_FOUND']);
    expect(refused.find(({ FaceId }) => FaceId === idOf(faces[1]))).toMatchObject({
      Reasons: ['ASSOCIATED_TO_A_DIFFERENT_USER'],
      UserId: 'berta',
    });
    const unlike = refused.find(({ FaceId }) => FaceId === idOf(faces[2]));
    expect(unlike?.Reasons).toEqual(['LOW_MATCH_CONFIDENCE']);
    expect(unlike?.Confidence).toBeLessThan(75);
    await disassociate('anna', [idOf(again[0])]);
  });

  it('join whoever they are for the threshold 0', async () => {
    const { AssociatedFaces } = await associate('anna', [idOf(faces[2])], { UserMatchThreshold: 0 });
    expect(AssociatedFaces).toEqual([{ FaceId: idOf(faces[2]) }]);
    await disassociate('anna', [idOf(faces[2])]);
  });

  it('are taken away only from their own user', async () => {
    const answer = await disassociate('anna', [nobody, idOf(faces[1]), idOf(faces[2])]);
    expect(answer.DisassociatedFaces).toEqual([]);
    expect(answer.UserStatus).toBe('ACTIVE');
    expect(answer.UnsuccessfulFaceDisassociations).toHaveLength(2);
    expect(answer.UnsuccessfulFaceDisassociations).toEqual(
      expect.arrayContaining([
        { FaceId: nobody, Reasons: ['FACE_NOT_FOUND'] },
        { FaceId: idOf(faces[1]), UserId: 'berta', Reasons: ['ASSOCIATED_TO_A_DIFFERENT_USER'] },
      ]),
    );
  });

  it('cannot be deleted while they have a user', async () => {
    const { DeletedFaces, UnsuccessfulFaceDeletions } = await client.send(
      new DeleteFacesCommand({ ...scope, FaceIds: [idOf(faces[0])] }),
    );
    expect(DeletedFaces).toEqual([]);
    expect(UnsuccessfulFaceDeletions).toEqual([
      { FaceId: idOf(faces[0]), UserId: 'anna', Reasons: ['ASSOCIATED_TO_AN_EXISTING_USER'] },
    ]);
  });

  it('need a user and a valid request', async () => {
    await expectFailure(associate('nobody', [idOf(faces[0])]), 'ResourceNotFoundException', noUser('nobody'));
    await expectFailure(disassociate('nobody', [idOf(faces[0])]), 'ResourceNotFoundException', noUser('nobody'));
    await expectFailure(associate('anna', []), 'ValidationException', /greater than or equal to 1/);
    await expectFailure(associate('anna', Array(101).fill(nobody)), 'ValidationException', /less than or equal to 100/);
    await expectFailure(associate('anna', ['x']), 'ValidationException');
    await expectFailure(associate('anna', [nobody], { UserMatchThreshold: 101 }), 'ValidationException');
  });
});

describe('client request tokens', () => {
  it('make a repeated request harmless', async () => {
    await createUser('once', 'token-1');
    await createUser('once', 'token-1');
    const first = await associate('once', [idOf(faces[0])], { ClientRequestToken: 'token-2' });
    const second = await associate('once', [idOf(faces[0])], { ClientRequestToken: 'token-2' });
    expect(second.AssociatedFaces).toEqual(first.AssociatedFaces);
    await deleteUser('once', 'token-3');
    await deleteUser('once', 'token-3');
  });

  it('are refused for another request', async () => {
    await createUser('token-user', 'token-4');
    await expectFailure(
      createUser('another', 'token-4'),
      'IdempotentParameterMismatchException',
      'The ClientRequestToken: token-4 you have supplied is already in use.',
    );
    await expectFailure(createUser('another', 'not a token!'), 'ValidationException', /at 'clientRequestToken' failed/);
    await deleteUser('token-user');
  });

  it('of requests that failed can be used again', async () => {
    await expectFailure(deleteUser('late', 'token-5'), 'ResourceNotFoundException');
    await createUser('late');
    await deleteUser('late', 'token-5');
    expect(await statusOf('late')).toBeUndefined();
  });
});

describe('ListUsers', () => {
  const ids = ['list-1', 'list-2', 'list-3', 'list-4', 'list-5'];
  beforeAll(async () => {
    for (const id of [...ids].reverse()) await createUser(id);
  });
  afterAll(async () => {
    for (const id of ids) await deleteUser(id);
  });

  it('tells ids and states in pages, each user once', async () => {
    const seen: (string | undefined)[] = [];
    for await (const page of paginateListUsers({ client, pageSize: 2 }, scope)) {
      for (const user of page.Users ?? []) {
        expect(Object.keys(user).sort()).toEqual(['UserId', 'UserStatus']);
        seen.push(user.UserId);
      }
    }
    expect(seen).toEqual(ids);
  });

  it('refuses tokens of another collection or operation, and results out of range', async () => {
    const list = (CollectionId: string, more: { MaxResults?: number; NextToken?: string }) =>
      client.send(new ListUsersCommand({ CollectionId, ...more }));
    const { NextToken = '' } = await list('people', { MaxResults: 1 });
    await expectFailure(list('guests', { MaxResults: 1, NextToken }), 'InvalidPaginationTokenException');
    await expectFailure(client.send(new ListFacesCommand({ ...scope, NextToken })), 'InvalidPaginationTokenException');
    await expectFailure(list('people', { MaxResults: 0 }), 'ValidationException');
    await expectFailure(list('people', { MaxResults: 501 }), 'ValidationException');
    await expectFailure(list('nowhere', {}), 'ResourceNotFoundException');
  });
});

describe('searching for users', () => {
  beforeAll(async () => {
    for (const [i, id] of ['carla', 'dora', 'empty'].entries()) {
      await createUser(id);
      if (id !== 'empty') await associate(id, [idOf(faces[i]), idOf(again[i])]);
    }
  });
  const search = (more: { UserId?: string; FaceId?: string; UserMatchThreshold?: number; MaxUsers?: number }) =>
    client.send(new SearchUsersCommand({ ...scope, ...more }));
  const searchByImage = (Bytes: Uint8Array, more: { UserMatchThreshold?: number; MaxUsers?: number } = {}) =>
    client.send(new SearchUsersByImageCommand({ ...scope, Image: { Bytes }, ...more }));

  it('finds the user of a face', async () => {
    const { UserMatches = [], SearchedFace, SearchedUser } = await search({ FaceId: idOf(faces[0]) });
    expect(UserMatches.map(({ User }) => User)).toEqual([{ UserId: 'carla', UserStatus: 'ACTIVE' }]);
    expect(UserMatches[0]?.Similarity).toBeGreaterThanOrEqual(80);
    expect(SearchedFace).toEqual({ FaceId: idOf(faces[0]) });
    expect(SearchedUser).toBeUndefined();
  });

  it('tells the others of a user, and never the user itself', async () => {
    const { UserMatches = [], SearchedUser } = await search({ UserId: 'carla', UserMatchThreshold: 0 });
    expect(UserMatches.map(({ User }) => User?.UserId)).toEqual(['dora']);
    expect(SearchedUser).toEqual({ UserId: 'carla' });
    expect((await search({ UserId: 'empty', UserMatchThreshold: 0 })).UserMatches).toEqual([]);
  });

  it('wants a face or a user, one of them and existing', async () => {
    await expectFailure(search({}), 'InvalidParameterException');
    await expectFailure(search({ UserId: 'carla', FaceId: idOf(faces[0]) }), 'InvalidParameterException');
    await expectFailure(search({ UserId: 'nobody' }), 'ResourceNotFoundException', noUser('nobody'));
    await expectFailure(search({ FaceId: nobody }), 'InvalidParameterException');
    await expectFailure(search({ UserId: 'carla', MaxUsers: 501 }), 'ValidationException');
  });

  it('finds the user of the largest face of an image, and tells the faces it did not search for', async () => {
    const { UserMatches = [], SearchedFace, UnsearchedFaces = [], FaceModelVersion } = await searchByImage(photo);
    expect(UserMatches.map(({ User }) => User?.UserId)).toEqual(['carla']);
    expect(SearchedFace?.FaceDetail?.BoundingBox?.Left).toBeCloseTo(faces[0]?.Face?.BoundingBox?.Left ?? -1, 2);
    expect(UnsearchedFaces).toHaveLength(frontalFaces[6] - 1);
    for (const { Reasons } of UnsearchedFaces) expect(Reasons).toEqual(['FACE_NOT_LARGEST']);
    expect(FaceModelVersion).toBe(faces[0]?.Face?.IndexFacesModelVersion);
    expect((await searchByImage(photo, { UserMatchThreshold: 0, MaxUsers: 1 })).UserMatches).toHaveLength(1);
  });

  it('answers an image without a face without an error, unlike SearchFacesByImage', async () => {
    const answer = await searchByImage(await blankImage());
    expect(answer.UserMatches).toEqual([]);
    expect(answer.SearchedFace).toBeUndefined();
  });

  it('follows a user whose faces change', async () => {
    const probe = await cropFace(photo, faces[2]?.Face?.BoundingBox ?? {});
    expect((await searchByImage(probe)).UserMatches).toEqual([]);
    await associate('empty', [idOf(faces[2])]);
    expect((await searchByImage(probe)).UserMatches?.map(({ User }) => User?.UserId)).toEqual(['empty']);
    await disassociate('empty', [idOf(faces[2])]);
    expect((await searchByImage(probe)).UserMatches).toEqual([]);
  });
});
