import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../tests/builders/gate.ts';
import { reviewBench } from '../../../tests/builders/review.ts';

const collectionId = 'gallery';
const reason = 'they told us';

describe('a cannot-link', () => {
  it('excludes in both directions, by whatever end is known, and only the two', async () => {
    const { as, room } = await reviewBench();
    await as('eve')('SetCannotLink', { collectionId, one: { faceId: 'f' }, other: { userId: 'u' }, reason });
    const links = await room.cannotLinks.forCollection(collectionId);
    expect(links.isEmpty).toBe(false);
    expect(links.excludes({ faceId: 'f' }, { faceId: 'g', userId: 'u' })).toBe(true);
    expect(links.excludes({ faceId: 'g', userId: 'u' }, { faceId: 'f' })).toBe(true);
    expect(links.excludes({ faceId: 'g' }, { userId: 'u' })).toBe(false);
    expect(links.excludes({ faceId: 'f' }, { faceId: 'g', externalImageId: 'u' })).toBe(false);
    expect((await room.cannotLinks.forCollection('another')).isEmpty).toBe(true);
  });

  it('shows at once in a set that is asked for after it', async () => {
    const { as, room } = await reviewBench();
    expect((await room.cannotLinks.forCollection(collectionId)).isEmpty).toBe(true);
    const hash = 'd'.repeat(64);
    await as('rita')('SetCannotLink', {
      collectionId,
      one: { probeHash: hash },
      other: { externalImageId: 'anna' },
      reason,
    });
    const links = await room.cannotLinks.forCollection(collectionId);
    expect(links.excludes({ hash }, { faceId: 'f', externalImageId: 'anna' })).toBe(true);
  });

  it('is set once, in whichever order its ends are named', async () => {
    const { as } = await reviewBench();
    const one = { faceId: 'f' };
    const other = { userId: 'u' };
    const first = await as('eve')('SetCannotLink', { collectionId, one, other, reason });
    const again = await as('eve')('SetCannotLink', { collectionId, one: other, other: one, reason });
    expect(again.link.linkId).toBe(first.link.linkId);
  });

  it.each([
    [{ faceId: 'f' }, { faceId: 'f' }],
    [{ faceId: 'f', userId: 'u' }, { userId: 'v' }],
    [{}, { userId: 'v' }],
    [{ probeHash: 'a'.repeat(64) }, { probeHash: 'b'.repeat(64) }],
  ])('is refused between %j and %j', async (one, other) => {
    const { as } = await reviewBench();
    expect((await refusalOf(as('eve')('SetCannotLink', { collectionId, one, other, reason }))).code).toBe(
      'InvalidParameterException',
    );
  });

  it('is lifted by another admin than the one who set it, and can be set anew', async () => {
    const { as, room } = await reviewBench({ roles: { chefin: ['admin'] } });
    const ends = { one: { faceId: 'f' }, other: { userId: 'u' } };
    const { link } = await as('chief')('SetCannotLink', { collectionId, ...ends, reason });
    const lift = { collectionId, linkId: link.linkId, reason: 'a mistake' };
    expect((await refusalOf(as('chief')('RemoveCannotLink', lift))).code).toBe('AccessDeniedException');
    expect((await refusalOf(as('eve')('RemoveCannotLink', lift))).code).toBe('AccessDeniedException');
    await as('chefin')('RemoveCannotLink', lift);
    expect((await room.cannotLinks.forCollection(collectionId)).isEmpty).toBe(true);
    expect((await refusalOf(as('chefin')('RemoveCannotLink', lift))).code).toBe('ResourceNotFoundException');
    await as('chief')('SetCannotLink', { collectionId, ...ends, reason });
    expect((await as('chief')('ListCannotLinks', { collectionId })).links).toHaveLength(1);
  });

  it('outlives its collection, so that making it anew lifts nothing', async () => {
    const { as, room } = await reviewBench();
    await as('eve')('SetCannotLink', { collectionId, one: { userId: 'u' }, other: { userId: 'v' }, reason });
    await room.forgetCollection(collectionId);
    expect((await room.cannotLinks.forCollection(collectionId)).excludes({ userId: 'u' }, { userId: 'v' })).toBe(true);
  });

  it('is listed page by page', async () => {
    const { as } = await reviewBench();
    for (const userId of ['a', 'b', 'c']) {
      await as('eve')('SetCannotLink', { collectionId, one: { faceId: 'f' }, other: { userId }, reason });
    }
    const first = await as('chief')('ListCannotLinks', { collectionId, limit: 2 });
    const rest = await as('chief')('ListCannotLinks', {
      collectionId,
      limit: 2,
      ...(first.next !== undefined && { after: first.next }),
    });
    expect([first.links.length, rest.links.length, rest.next]).toEqual([2, 1, undefined]);
  });

  it.each([
    [true, true, true],
    [true, false, false],
  ])('comes of a review when both say so (%s and %s: %s)', async (one, other, isSet) => {
    const { enrol, open, judge, room } = await reviewBench();
    const faceId = await enrol('anna');
    const caseId = await open([{ faceId, subject: 'anna' }]);
    await judge('rita', caseId, 'different', one);
    await judge('ron', caseId, 'different', other);
    const links = await room.cannotLinks.forCollection(collectionId);
    expect(links.excludes({ hash: 'a'.repeat(64) }, { faceId: 'another', externalImageId: 'anna' })).toBe(isSet);
  });

  it('withholds a match that was released before it was set', async () => {
    const { enrol, open, judge, as, outcome } = await reviewBench();
    const faceId = await enrol('anna');
    const caseId = await open([{ faceId, subject: 'anna' }]);
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    const hash = 'a'.repeat(64);
    await as('eve')('SetCannotLink', { collectionId, one: { probeHash: hash }, other: { faceId }, reason });
    expect((await outcome(caseId)).matches).toEqual([]);
  });
});
