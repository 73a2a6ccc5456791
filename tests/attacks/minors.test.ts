import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReviewHouse, photoOf, type ReviewHouse } from '../builders/review-house.ts';

/** Under a purpose without review, someone tries to find a child, or to learn that one is there. */
let at: ReviewHouse;
const CollectionId = 'album';

beforeAll(async () => {
  at = await openReviewHouse();
  await at.collection(CollectionId, 'photo-library', ['adult-1', 'adult-2', 'child']);
  // A second photo of each, under the same names: the child and an adult are alike to themselves.
  for (const person of ['adult-1', 'child']) {
    await at.operator.ask('IndexFaces', {
      CollectionId,
      ExternalImageId: `${person}-later`,
      Image: photoOf({ person, photo: 1 }),
    });
  }
  for (const subject of ['child', 'child-later']) {
    await at.operator.own('MarkMinor', { subject, reason: 'eight years old' });
  }
});
afterAll(() => at?.close());

const caseOf = (headers: Readonly<Record<string, string>>) => headers['x-likeness-review-case'];
const faceOf = async (name: string) =>
  (await at.operator.ask('ListFaces', { CollectionId })).response.Faces?.find(
    ({ ExternalImageId }) => ExternalImageId === name,
  )?.FaceId ?? '';
const namesOf = (matches: readonly { Face?: { ExternalImageId?: string | undefined } | undefined }[] | undefined) =>
  matches?.map(({ Face }) => Face?.ExternalImageId);

describe('a search of a collection that holds a minor', () => {
  it.each(['child', 'stranger'])(
    'opens a case, so that the header tells nothing of who was found: %s',
    async (person) => {
      const { response, headers } = await at.operator.ask('SearchFacesByImage', {
        CollectionId,
        Image: photoOf(person),
      });
      expect(response.FaceMatches).toEqual([]);
      expect(caseOf(headers)).toBeDefined();
    },
  );

  it('answers adults as ever', async () => {
    const { response, headers } = await at.operator.ask('SearchFacesByImage', {
      CollectionId,
      Image: photoOf({ person: 'adult-1', photo: 5 }),
    });
    expect(namesOf(response.FaceMatches)?.sort()).toEqual(['adult-1', 'adult-1-later']);
    expect(caseOf(headers)).toBeDefined();
  });

  it('answers a mixed result without the minor, and without a gap where it would have been', async () => {
    const Image = photoOf('child');
    const { response } = await at.operator.ask('SearchFacesByImage', {
      CollectionId,
      Image,
      FaceMatchThreshold: 0,
      MaxFaces: 3,
    });
    expect(namesOf(response.FaceMatches)?.sort()).toEqual(['adult-1', 'adult-1-later', 'adult-2']);
  });

  it("answers nothing to a minor's own face, not even an adult that looks like it", async () => {
    const request = { CollectionId, FaceId: await faceOf('child'), FaceMatchThreshold: 0 };
    const { response, headers } = await at.operator.ask('SearchFaces', request);
    expect(response.FaceMatches).toEqual([]);
    expect(caseOf(headers)).toBeDefined();
  });

  it('releases a minor when two reviewers saw both pictures and agreed, to who searched', async () => {
    const searcher = at.searchers[0]!;
    await at.operator.own('MarkMinor', { subject: 'known-child', reason: 'nine years old' });
    await at.collection('school', 'photo-library', ['known-child']);
    const Image = photoOf({ person: 'known-child', photo: 7 });
    const { headers } = await searcher.ask('SearchFacesByImage', { CollectionId: 'school', Image });
    const caseId = caseOf(headers) ?? '';
    await at.review(caseId, 'same');
    const { matches } = await searcher.own('GetReviewOutcome', { caseId });
    expect(matches.map(({ externalImageId }) => externalImageId)).toEqual(['known-child']);
  });

  it('releases no minor whose face no reviewer could see', async () => {
    // They were enrolled before they were marked, so no picture of them was kept.
    const searcher = at.searchers[1]!;
    const Image = photoOf({ person: 'child', photo: 7 });
    const { headers } = await searcher.ask('SearchFacesByImage', { CollectionId, Image });
    const caseId = caseOf(headers) ?? '';
    await expect(at.review(caseId, 'same')).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining('cannot-tell'),
    });
    await at.review(caseId, 'cannot-tell');
    expect((await searcher.own('GetReviewOutcome', { caseId })).matches).toEqual([]);
  });

  it('keeps pictures of minors alone where the purpose wants no review, and for no longer than their faces', async () => {
    const { documents } = at.house.stores;
    const cropsOf = (id: string) =>
      documents.read((view) => view.named('crop', 'collection', id, { limit: 10 }).length);
    await at.operator.own('MarkMinor', { subject: 'pupil', reason: 'ten years old' });
    await at.collection('class', 'photo-library', ['pupil', 'teacher']);
    expect(await cropsOf('class')).toBe(1);
    const { response } = await at.operator.ask('ListFaces', { CollectionId: 'class' });
    const pupil = response.Faces?.find(({ ExternalImageId }) => ExternalImageId === 'pupil')?.FaceId ?? '';
    await at.operator.ask('DeleteFaces', { CollectionId: 'class', FaceIds: [pupil] });
    expect(await cropsOf('class')).toBe(0);
  });
});

describe('users of minors', () => {
  it('are withheld also where only one of their faces is under the name of a minor', async () => {
    await at.operator.ask('CreateUser', { CollectionId, UserId: 'u-1' });
    await at.operator.ask('AssociateFaces', { CollectionId, UserId: 'u-1', FaceIds: [await faceOf('adult-1')] });
    await at.collection('other', 'photo-library', ['kid']);
    await at.operator.ask('CreateUser', { CollectionId: 'other', UserId: 'u-2' });
    const kid = (await at.operator.ask('ListFaces', { CollectionId: 'other' })).response.Faces?.[0]?.FaceId ?? '';
    await at.operator.ask('AssociateFaces', { CollectionId: 'other', UserId: 'u-2', FaceIds: [kid] });
    await at.operator.own('MarkMinor', { subject: 'kid', reason: 'six years old' });
    const search = (id: string, person: string) =>
      at.operator.ask('SearchUsersByImage', { CollectionId: id, Image: photoOf({ person, photo: 2 }) });
    expect((await search(CollectionId, 'adult-1')).response.UserMatches).toHaveLength(1);
    expect((await search('other', 'kid')).response.UserMatches).toEqual([]);
  });

  it('are not told by the reasons and confidences of AssociateFaces: a minor joins by name only', async () => {
    await at.operator.ask('CreateUser', { CollectionId, UserId: 'probe' });
    await at.operator.ask('AssociateFaces', { CollectionId, UserId: 'probe', FaceIds: [await faceOf('adult-2')] });
    const join = async (name: string) =>
      (
        await at.operator.ask('AssociateFaces', {
          CollectionId,
          UserId: 'probe',
          FaceIds: [await faceOf(name)],
          UserMatchThreshold: 0,
        })
      ).response.UnsuccessfulFaceAssociations?.map(({ Confidence, Reasons }) => ({ Confidence, Reasons }));
    expect(await join('child')).toEqual([{ Confidence: undefined, Reasons: ['LOW_MATCH_CONFIDENCE'] }]);
  });
});

describe('a collection of the same purpose without minors', () => {
  it('opens no case: who never holds a child notices nothing', async () => {
    await at.collection('quiet', 'photo-library', ['adult-9']);
    const { response, headers } = await at.operator.ask('SearchFacesByImage', {
      CollectionId: 'quiet',
      Image: photoOf('adult-9'),
    });
    expect(namesOf(response.FaceMatches)).toEqual(['adult-9']);
    expect(Object.keys(headers).sort()).toEqual(['x-likeness-policy', 'x-likeness-purpose']);
  });

  it('opens cases from the moment that a minor is stored in it', async () => {
    await at.operator.ask('IndexFaces', { CollectionId: 'quiet', ExternalImageId: 'child', Image: photoOf('child') });
    const { response, headers } = await at.operator.ask('SearchFacesByImage', {
      CollectionId: 'quiet',
      Image: photoOf('child'),
    });
    expect([response.FaceMatches, caseOf(headers) === undefined]).toEqual([[], false]);
  });
});

describe('a cannot-link', () => {
  it('is obeyed by later searches by face and by photo, and by AssociateFaces', async () => {
    await at.collection('linked', 'photo-library', ['twin-a']);
    await at.operator.ask('IndexFaces', {
      CollectionId: 'linked',
      ExternalImageId: 'twin-b',
      Image: photoOf({ person: 'twin-a', photo: 1 }),
    });
    const listed = (await at.operator.ask('ListFaces', { CollectionId: 'linked' })).response.Faces ?? [];
    const idOf = (name: string) => listed.find(({ ExternalImageId }) => ExternalImageId === name)?.FaceId ?? '';
    const search = async () =>
      namesOf(
        (await at.operator.ask('SearchFaces', { CollectionId: 'linked', FaceId: idOf('twin-a') })).response.FaceMatches,
      );
    expect(await search()).toEqual(['twin-b']);
    await at.operator.own('SetCannotLink', {
      collectionId: 'linked',
      one: { externalImageId: 'twin-a' },
      other: { externalImageId: 'twin-b' },
      reason: 'twins',
    });
    expect(await search()).toEqual([]);
    await at.operator.own('SetCannotLink', {
      collectionId: 'linked',
      one: { faceId: idOf('twin-b') },
      other: { userId: 'twin-a' },
      reason: 'twins',
    });
    await at.operator.ask('CreateUser', { CollectionId: 'linked', UserId: 'twin-a' });
    const { response } = await at.operator.ask('AssociateFaces', {
      CollectionId: 'linked',
      UserId: 'twin-a',
      FaceIds: [idOf('twin-b')],
    });
    expect(response.UnsuccessfulFaceAssociations).toEqual([
      { FaceId: idOf('twin-b'), Reasons: ['LOW_MATCH_CONFIDENCE'] },
    ]);
  });
});
