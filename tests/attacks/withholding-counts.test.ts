import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReviewHouse, photoOf, type ReviewHouse } from '../builders/review-house.ts';

/** Whoever records a consent has seen its token, may erase, and may list: nothing there may tell whom a review hides. */
let at: ReviewHouse;
const purpose = 'family-reunification';
const subjects = ['found', 'not-found'] as const;
const tokens = new Map<string, string>();

beforeAll(async () => {
  at = await openReviewHouse({ LIKENESS_REVIEW_SEED_PERCENT: '5' });
  await at.operator.ask('CreateCollection', { CollectionId: 'lost', Tags: { 'likeness:purpose': purpose } });
  for (const subject of subjects) {
    const { token = '' } = await at.operator.own('GrantConsent', {
      subject,
      purpose,
      method: 'legal-basis',
      legalBasis: 'an order',
      noticeText: 'notice',
    });
    tokens.set(subject, token);
    await at.operator.ask('IndexFaces', { CollectionId: 'lost', ExternalImageId: subject, Image: photoOf(subject) });
  }
});
afterAll(() => at?.close());

let searches = 0;
const search = async (person: string, photo: number): Promise<string> => {
  searches += 1;
  const searcher = at.searchers[searches % 10] ?? at.operator;
  const Image = photoOf({ person, photo });
  const { headers } = await searcher.ask('SearchFacesByImage', { CollectionId: 'lost', Image });
  return headers['x-likeness-review-case'] ?? '';
};

describe('what is counted', () => {
  it('for the person with the token does not tell whether a search found them', async () => {
    const told = async (subject: string) => {
      const { reviewCases, uses } = await at.operator.own('ShowSubject', { token: tokens.get(subject) ?? '' });
      return { reviewCases, uses };
    };
    await search('found', 1);
    expect(await told('found')).toEqual(await told('not-found'));
    expect(await told('found')).toMatchObject({ reviewCases: 1 });
  });

  it('by the scan for orphans does not tell whether a search found anyone', async () => {
    const looked = async () => (await at.operator.own('RunOrphanScan', {})).looked;
    // Seeded cases are few, so that most of six searches would tell.
    const growth = async (person: string) => {
      const grown: number[] = [];
      for (let photo = 10; photo < 16; photo += 1) {
        const before = await looked();
        await search(person, photo);
        grown.push((await looked()) - before);
      }
      return grown;
    };
    expect(await growth('found')).toEqual(await growth('nobody'));
  });

  it('in a certificate does not tell whether a review holds the erased, nor that reviewers parted them', async () => {
    const caseId = await search('found', 2);
    for (const reviewer of at.reviewers) {
      const { candidates } = await reviewer.own('GetReviewCase', { caseId });
      const verdict = { verdict: 'different', reason: 'looked', notThisPerson: true } as const;
      const decisions = candidates.map(({ candidateId }) => ({ candidateId, ...verdict }));
      await reviewer.own('SubmitReview', { caseId, decisions });
    }
    const counts = [];
    for (const subject of subjects) {
      const { certificate } = await at.operator.own('EraseSubject', { subject, purpose });
      counts.push((certificate as { readonly counts: unknown }).counts);
    }
    expect(counts[0]).toEqual(counts[1]);
  });
});

describe('cannot-links that reviewers set on a search', () => {
  it('are not given away to who searched by the pages of a list', async () => {
    await at.collection('pages', purpose, ['parted', 'one', 'two']);
    const { headers } = await at.operator.ask('SearchFacesByImage', {
      CollectionId: 'pages',
      Image: photoOf({ person: 'parted', photo: 1 }),
    });
    const caseId = headers['x-likeness-review-case'] ?? '';
    for (const reviewer of at.reviewers) {
      const { candidates } = await reviewer.own('GetReviewCase', { caseId });
      const verdict = { verdict: 'different', reason: 'looked', notThisPerson: true } as const;
      const decisions = candidates.map(({ candidateId }) => ({ candidateId, ...verdict }));
      await reviewer.own('SubmitReview', { caseId, decisions });
    }
    expect((await at.auditor.own('ListCannotLinks', { collectionId: 'pages' })).links).toHaveLength(1);
    expect(await at.operator.own('ListCannotLinks', { collectionId: 'pages', limit: 1 })).toEqual({ links: [] });
    // A link of their own before or after it makes no page end at it either.
    for (const other of ['one', 'two']) {
      const ends = { one: { externalImageId: 'parted' }, other: { externalImageId: other } };
      await at.operator.own('SetCannotLink', { collectionId: 'pages', ...ends, reason: 'not them' });
    }
    const seen: string[] = [];
    for (let after: string | undefined; seen.length < 5; ) {
      const page: Awaited<ReturnType<typeof list>> = await list(after);
      expect(page.links).toHaveLength(1);
      seen.push(...page.links.map(({ linkId }) => linkId));
      if (page.next === undefined) break;
      expect(seen).toContain(page.next);
      after = page.next;
    }
    expect(seen).toHaveLength(2);
  });

  const list = (after: string | undefined) =>
    at.operator.own('ListCannotLinks', { collectionId: 'pages', limit: 1, ...(after !== undefined && { after }) });
});

describe('two reviewers who part two faces under one name', () => {
  it('both get the same answer, and the faces stay apart', async () => {
    const CollectionId = 'one-name';
    await at.collection(CollectionId, 'photo-library');
    const faces: string[] = [];
    for (const photo of [1, 2]) {
      const Image = photoOf({ person: 'twin', photo });
      const { response } = await at.operator.ask('IndexFaces', { CollectionId, ExternalImageId: 'twin', Image });
      faces.push(response.FaceRecords?.[0]?.Face?.FaceId ?? '');
    }
    await at.operator.own('MarkMinor', { subject: 'twin', reason: 'eight years old' });
    const { headers } = await at.operator.ask('SearchFaces', { CollectionId, FaceId: faces[0] ?? '' });
    const caseId = headers['x-likeness-review-case'] ?? '';
    for (const reviewer of at.reviewers) {
      const { candidates } = await reviewer.own('GetReviewCase', { caseId });
      const verdict = { verdict: 'different', reason: 'looked', notThisPerson: true } as const;
      const decisions = candidates.map(({ candidateId }) => ({ candidateId, ...verdict }));
      expect(await reviewer.own('SubmitReview', { caseId, decisions })).toEqual({ caseId, recorded: true });
    }
    const { links } = await at.auditor.own('ListCannotLinks', { collectionId: CollectionId });
    expect(links.map(({ one, other }) => [one, other])).toEqual([[{ faceId: faces[0] }, { faceId: faces[1] }]]);
  });
});
