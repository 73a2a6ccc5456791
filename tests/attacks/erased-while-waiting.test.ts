import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReviewHouse, photoOf, type ReviewHouse } from '../builders/review-house.ts';

/** A further photo of someone waits for reviewers when they are erased: its picture and template lie in the case. */
let at: ReviewHouse;
const purpose = 'family-reunification';

beforeAll(async () => {
  at = await openReviewHouse();
});
afterAll(() => at?.close());

async function waiting(collectionId: string): Promise<{ caseId: string; faceId: string }> {
  await at.collection(collectionId, purpose, [`anna-${collectionId}`]);
  const { response, headers } = await at.operator.ask('IndexFaces', {
    CollectionId: collectionId,
    ExternalImageId: `anna-${collectionId}`,
    Image: photoOf({ person: `anna-${collectionId}`, photo: 4 }),
  });
  const faceId = response.FaceRecords?.[0]?.Face?.FaceId ?? '';
  return { caseId: headers['x-likeness-review-case'] ?? '', faceId };
}

/** What reviewers are shown, and what of the case lies in the store. */
async function leftOf(caseId: string): Promise<{ shown: unknown; kept: readonly string[] }> {
  const [reviewer] = at.reviewers;
  const shown = await reviewer?.own('GetReviewCase', { caseId }).catch((error: { code: string }) => error.code);
  const kept = await at.house.stores.documents.read((view) =>
    view.list('crop', { afterId: '', limit: 1_000 }).flatMap(({ id }) => (id.endsWith(caseId) ? [id] : [])),
  );
  return { shown, kept };
}

describe('of a face that waits for reviewers nothing is left', () => {
  const nothing = { shown: 'ResourceNotFoundException', kept: [] };

  it('when its subject is erased', async () => {
    const { caseId } = await waiting('erased');
    expect((await leftOf(caseId)).kept).toHaveLength(2);
    await at.operator.own('EraseSubject', { subject: 'anna-erased', purpose });
    expect(await leftOf(caseId)).toEqual(nothing);
  });

  it('when its subject is erased after the face that it was compared with', async () => {
    const { caseId } = await waiting('first-gone');
    const { response } = await at.operator.ask('ListFaces', { CollectionId: 'first-gone' });
    const FaceIds = (response.Faces ?? []).flatMap(({ FaceId }) => FaceId ?? []);
    await at.operator.ask('DeleteFaces', { CollectionId: 'first-gone', FaceIds });
    await at.operator.own('EraseSubject', { subject: 'anna-first-gone', purpose });
    expect(await leftOf(caseId)).toEqual(nothing);
  });

  it('when the consent to it is withdrawn', async () => {
    const { caseId } = await waiting('withdrawn');
    await at.operator.own('WithdrawConsent', { subject: 'anna-withdrawn', purpose });
    expect(await leftOf(caseId)).toEqual(nothing);
  });

  it('when it is deleted', async () => {
    const { caseId, faceId } = await waiting('deleted');
    await at.operator.ask('DeleteFaces', { CollectionId: 'deleted', FaceIds: [faceId] });
    expect(await leftOf(caseId)).toEqual(nothing);
  });
});
