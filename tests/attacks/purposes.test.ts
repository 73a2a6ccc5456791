import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectionArn, type OwnRequestOf } from '../../src/contract/index.ts';
import { loadPolicy } from '../../src/governance/index.ts';
import { refusalOf } from '../builders/gate.ts';
import { openReviewHouse, photoOf, type ReviewHouse } from '../builders/review-house.ts';

let at: ReviewHouse;
const policy = loadPolicy();

beforeAll(async () => {
  at = await openReviewHouse({ LIKENESS_PHOTO_LIBRARY_ATTRIBUTES: 'emotions,gender' });
});
afterAll(() => at?.close());

let collections = 0;
async function collectionFor(purpose: string): Promise<string> {
  const id = `c-${++collections}`;
  await at.collection(id, purpose);
  return id;
}
const arnOf = (id: string) => {
  const { region, accountId } = at.house.config;
  return collectionArn({ region, accountId }, id);
};
const purposeOf = async (id: string) => (await at.house.stores.collections.findCollection(id))?.purpose;

/** One declaration of each refused class as its own table has it, dressed up in several ways. */
const disguises = policy.refused.flatMap(({ id, declaredAs: [first = ''] }) => [
  [id, first],
  [id, first.toUpperCase()],
  [id, first.replaceAll(' ', '_')],
  [id, `our ${first} project`],
  [id, [...first].join('\u200b')],
  [id, first.replaceAll('e', 'е').replaceAll('a', 'а').replaceAll('o', 'о')],
]) as [string, string][];

describe('a refused class, declared', () => {
  it.each(disguises)('is refused in a tag: %s as "%s"', async (id, words) => {
    const made = at.operator.ask('CreateCollection', { CollectionId: 'x', Tags: { 'likeness:purpose': words } });
    const refusal = await refusalOf(made);
    expect(refusal.code).toBe('AccessDeniedException');
    expect(refusal.message).toContain(`docs/accountability.md#${id}`);
    expect(await purposeOf('x')).toBeUndefined();
  });

  it.each(policy.refused.map(({ id, declaredAs: [first = ''] }) => [id, first]))(
    'is refused on a key, in a consent and on a key that was stored before: %s',
    async (id, words) => {
      for (const refusal of [
        await refusalOf(at.operator.own('CreateKey', { person: 'operator', purposes: [words] })),
        await refusalOf(
          at.operator.own('GrantConsent', {
            subject: 'a',
            purpose: words,
            method: 'signed-form',
            noticeText: 'x',
          } as OwnRequestOf<'GrantConsent'>),
        ),
        await refusalOf(
          at.as('operator', { purposes: ['photo-library', words] }).ask('DetectFaces', { Image: photoOf('anna') }),
        ),
      ]) {
        expect(refusal.code).toBe('AccessDeniedException');
        expect(refusal.message).toContain(`docs/accountability.md#${id}`);
      }
    },
  );
});

describe("a collection's purpose", () => {
  it.each([
    ['TagResource', { 'likeness:purpose': 'photo-library' }],
    ['TagResource', { 'Likeness:Purpose': 'photo-library' }],
    ['TagResource', { 'likeness:​purpose': 'photo-library' }],
    ['TagResource', { 'likeness:purpose-ends': '2999-01-01' }],
    ['UntagResource', ['likeness:purpose']],
  ] as const)('is not changed by %s with %j', async (operation, tags) => {
    const id = await collectionFor('access-control');
    const ResourceArn = arnOf(id);
    const refusal = await refusalOf(
      operation === 'TagResource'
        ? at.operator.ask('TagResource', { ResourceArn, Tags: { ...tags } as Record<string, string> })
        : at.operator.ask('UntagResource', { ResourceArn, TagKeys: [...(tags as readonly string[])] }),
    );
    expect(refusal.code).toBe('InvalidParameterException');
    expect(await purposeOf(id)).toBe('access-control');
  });

  it('is not changed by making it again while it stands', async () => {
    const id = await collectionFor('access-control');
    const refusal = await refusalOf(at.operator.ask('CreateCollection', { CollectionId: id }));
    expect(refusal.code).toBe('ResourceAlreadyExistsException');
    expect(await purposeOf(id)).toBe('access-control');
  });

  it('is another only when nothing of the old collection is left', async () => {
    const id = await collectionFor('identity-verification');
    await at.operator.own('GrantConsent', {
      subject: 'anna',
      purpose: 'identity-verification',
      method: 'signed-form',
      noticeText: 'x',
    } as OwnRequestOf<'GrantConsent'>);
    const image = { CollectionId: id, Image: photoOf('anna') };
    await at.operator.ask('IndexFaces', { ...image, ExternalImageId: 'anna' });
    await at.operator.ask('DeleteCollection', { CollectionId: id });
    await at.operator.ask('CreateCollection', { CollectionId: id });
    const { response } = await at.operator.ask('SearchFacesByImage', { ...image, FaceMatchThreshold: 0 });
    expect(response.FaceMatches).toEqual([]);
    expect((await at.operator.ask('ListFaces', { CollectionId: id })).response.Faces).toEqual([]);
  });

  it('holds a search that was under way when the collection was made again under a laxer one', async () => {
    const id = await collectionFor('media-archive');
    await at.operator.ask('IndexFaces', { CollectionId: id, Image: photoOf('anna') });
    const { collections: store } = at.house.stores;
    const searched = at.operator.ask('SearchFacesByImage', { CollectionId: id, Image: photoOf('anna') });
    const deleted = at.operator
      .ask('DeleteCollection', { CollectionId: id })
      .then(() => at.operator.ask('CreateCollection', { CollectionId: id }));
    const [outcome] = await Promise.allSettled([searched, deleted]);
    // Either it was answered by the old rules while they held, or not at all.
    if (outcome.status === 'fulfilled') expect(outcome.value.headers['x-likeness-purpose']).toBe('media-archive');
    else expect(outcome.reason.code).toBe('ResourceNotFoundException');
    expect((await store.findCollection(id))?.purpose).toBe('photo-library');
  });

  it('is not served by a key that does not list it, nor by one that spells it its own way', async () => {
    const id = await collectionFor('access-control');
    for (const purposes of [['photo-library'], ['Access-Control'], ['access-control ', 'photo-library']]) {
      const refusal = await refusalOf(at.as('operator', { purposes }).ask('ListFaces', { CollectionId: id }));
      expect(refusal.code).toBe('AccessDeniedException');
    }
  });

  it('is not slipped past a key by another ARN', async () => {
    const id = await collectionFor('photo-library');
    const other = await collectionFor('photo-library');
    const limited = at.as('operator', { collections: [other] });
    for (const ResourceArn of [
      arnOf(id),
      arnOf(id).replace('arn:', ''),
      arnOf(id).replace('collection/', 'COLLECTION/'),
    ]) {
      const refusal = await refusalOf(limited.ask('ListTagsForResource', { ResourceArn }));
      expect(['AccessDeniedException', 'ResourceNotFoundException', 'InvalidParameterException']).toContain(
        refusal.code,
      );
    }
  });
});

describe('a similarity floor', () => {
  it.each([0, 1, 50, 79.9])('is not lowered by asking for %d', async (threshold) => {
    const id = await collectionFor('media-archive');
    await at.operator.ask('IndexFaces', { CollectionId: id, Image: photoOf('anna', 'bert') });
    const { response, headers } = await at.operator.ask('SearchFacesByImage', {
      CollectionId: id,
      Image: photoOf({ person: 'anna', photo: 1 }),
      FaceMatchThreshold: threshold,
    });
    expect(headers['x-likeness-similarity-threshold']).toBe('90');
    expect((response.FaceMatches ?? []).every(({ Similarity = 0 }) => Similarity >= 90)).toBe(true);
  });

  it('is not told around by comparing, by users or by confidences', async () => {
    const id = await collectionFor('media-archive');
    const { response: indexed } = await at.operator.ask('IndexFaces', {
      CollectionId: id,
      Image: photoOf('anna', 'bert'),
    });
    const [anna = '', bert = ''] = (indexed.FaceRecords ?? []).map(({ Face }) => Face?.FaceId ?? '');
    await at.operator.ask('CreateUser', { CollectionId: id, UserId: 'u' });
    await at.operator.ask('AssociateFaces', { CollectionId: id, UserId: 'u', FaceIds: [anna] });
    const { response: refused } = await at.operator.ask('AssociateFaces', {
      CollectionId: id,
      UserId: 'u',
      FaceIds: [bert],
      UserMatchThreshold: 0,
    });
    expect(refused.AssociatedFaces).toEqual([]);
    expect(refused.UnsuccessfulFaceAssociations).toEqual([{ FaceId: bert, Reasons: ['LOW_MATCH_CONFIDENCE'] }]);
    const { response: users } = await at.operator.ask('SearchUsers', {
      CollectionId: id,
      FaceId: bert,
      UserMatchThreshold: 0,
    });
    expect(users.UserMatches).toEqual([]);
    const compared = await at.as('operator', { purposes: ['media-archive'] }).ask('CompareFaces', {
      SourceImage: photoOf('anna'),
      TargetImage: photoOf('bert'),
      SimilarityThreshold: 0,
    });
    expect(compared.response.FaceMatches).toEqual([]);
    expect(compared.response.UnmatchedFaces).toHaveLength(1);
  });
});

describe('what a purpose withholds', () => {
  it('is not answered for asking for everything, whatever the operator released for another purpose', async () => {
    const archive = at.as('operator', { purposes: ['media-archive'] });
    const { response, headers } = await archive.ask('DetectFaces', { Image: photoOf('anna'), Attributes: ['ALL'] });
    expect(response.FaceDetails?.[0]).not.toHaveProperty('Emotions');
    expect(response.FaceDetails?.[0]).not.toHaveProperty('Gender');
    expect(headers['x-likeness-withheld']).toBe('emotions,gender');
  });
});
