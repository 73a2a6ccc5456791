import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReviewHouse, photoOf, type ReviewHouse } from '../builders/review-house.ts';

/** Two photos of one face under two names, which somebody found to be two persons: a user must not join them again. */
let at: ReviewHouse;
const CollectionId = 'twins';
const faceIds = new Map<string, string>();

beforeAll(async () => {
  at = await openReviewHouse();
  await at.collection(CollectionId, 'photo-library');
  for (const [i, name] of ['castor', 'pollux', 'late'].entries()) {
    const Image = photoOf({ person: 'gemini', photo: i });
    const { response } = await at.operator.ask('IndexFaces', { CollectionId, ExternalImageId: name, Image });
    faceIds.set(name, response.FaceRecords?.[0]?.Face?.FaceId ?? '');
  }
  await at.operator.own('SetCannotLink', {
    collectionId: CollectionId,
    one: { externalImageId: 'castor' },
    other: { externalImageId: 'pollux' },
    reason: 'not this person',
  });
  await at.operator.ask('CreateUser', { CollectionId, UserId: 'user-of-pollux' });
  await join('user-of-pollux', 'pollux');
});
afterAll(() => at?.close());

const join = async (UserId: string, name: string) => {
  const FaceIds = [faceIds.get(name) ?? ''];
  return (await at.operator.ask('AssociateFaces', { CollectionId, UserId, FaceIds, UserMatchThreshold: 0 })).response;
};
const usersLike = async (probe: { FaceId: string } | { UserId: string }) =>
  (await at.operator.ask('SearchUsers', { CollectionId, UserMatchThreshold: 0, ...probe })).response.UserMatches?.map(
    ({ User }) => User?.UserId,
  );

describe('a cannot-link between two faces', () => {
  it('keeps one from finding the user that the other has joined', async () => {
    expect(await usersLike({ FaceId: faceIds.get('castor') ?? '' })).toEqual([]);
    expect(await usersLike({ FaceId: faceIds.get('late') ?? '' })).toEqual(['user-of-pollux']);
  });

  it('keeps one from joining the user of the other', async () => {
    const { AssociatedFaces, UnsuccessfulFaceAssociations } = await join('user-of-pollux', 'castor');
    expect(AssociatedFaces).toEqual([]);
    expect(UnsuccessfulFaceAssociations?.[0]?.Reasons).toEqual(['LOW_MATCH_CONFIDENCE']);
  });

  it('keeps the users of both apart', async () => {
    await at.operator.ask('CreateUser', { CollectionId, UserId: 'user-of-castor' });
    await join('user-of-castor', 'castor');
    expect(await usersLike({ UserId: 'user-of-castor' })).toEqual([]);
    expect(await usersLike({ UserId: 'user-of-pollux' })).toEqual([]);
  });
});
