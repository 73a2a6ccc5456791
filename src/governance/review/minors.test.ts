import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../tests/builders/gate.ts';
import { reviewBench } from '../../../tests/builders/review.ts';
import { createMinors } from './minors.ts';

const photos = { id: 'photos', purpose: 'photo-library' };
const reason = 'the form says so';

/** The gallery as it stands now. */
async function galleryOf({ stores }: Awaited<ReturnType<typeof reviewBench>>) {
  const found = await stores.collections.findCollection('gallery');
  if (found === undefined) throw new Error('there is no gallery');
  return found;
}

describe('a mark of a minor', () => {
  it('holds under every purpose, by ExternalImageId, UserId and FaceId', async () => {
    const { as, room } = await reviewBench();
    await as('eve')('MarkMinor', { subject: 'kim', reason });
    expect(await room.minors.isMinor(photos, { externalImageId: 'kim' })).toBe(true);
    expect(await room.minors.isMinor(photos, { faceId: 'f', userId: 'kim' })).toBe(true);
    expect(await room.minors.isMinor(photos, { faceId: 'kim' })).toBe(true);
    expect(await room.minors.isMinor(photos, { externalImageId: 'kimberley' })).toBe(false);
  });

  it('holds under its purpose only, where it names one', async () => {
    const { as, room } = await reviewBench();
    await as('eve')('MarkMinor', { subject: 'kim', reason, purpose: 'access-control' });
    expect(await room.minors.isMinor(photos, { externalImageId: 'kim' })).toBe(false);
    expect(await room.minors.isMinor({ id: 'doors', purpose: 'access-control' }, { externalImageId: 'kim' })).toBe(
      true,
    );
  });

  it('ends on the day of growing up, at midnight UTC', async () => {
    const { as, room, pass, clock } = await reviewBench();
    await as('eve')('MarkMinor', { subject: 'kim', reason, adultFrom: '2027-03-03' });
    pass(Date.parse('2027-03-03T00:00:00Z') - clock() - 1);
    expect(await room.minors.isMinor(photos, { externalImageId: 'kim' })).toBe(true);
    pass(1);
    expect(await room.minors.isMinor(photos, { externalImageId: 'kim' })).toBe(false);
    expect((await as('audrey')('ListMinors', {})).minors).toMatchObject([{ subject: 'kim', holds: false }]);
  });

  it('is taken back, or ended sooner, by another person only', async () => {
    const { as, room } = await reviewBench();
    await as('chief')('MarkMinor', { subject: 'kim', reason });
    const back = { subject: 'kim', reason: 'a mistake' };
    expect((await refusalOf(as('chief')('UnmarkMinor', back))).code).toBe('AccessDeniedException');
    expect((await refusalOf(as('eve')('UnmarkMinor', back))).code).toBe('AccessDeniedException');
    const ended = { ...back, adultFrom: '2000-01-01' };
    expect((await refusalOf(as('chief')('MarkMinor', ended))).code).toBe('AccessDeniedException');
    expect(await room.minors.isMinor(photos, { userId: 'kim' })).toBe(true);
    await as('boss')('UnmarkMinor', back);
    expect(await room.minors.isMinor(photos, { userId: 'kim' })).toBe(false);
    expect((await refusalOf(as('boss')('UnmarkMinor', back))).code).toBe('ResourceNotFoundException');
  });

  it('stands after a restart, and one that was taken back does not', async () => {
    const { as, stores, clock } = await reviewBench();
    await as('chief')('MarkMinor', { subject: 'kim', reason });
    await as('chief')('MarkMinor', { subject: 'lou', reason });
    await as('boss')('UnmarkMinor', { subject: 'lou', reason });
    const again = createMinors({ documents: stores.documents, collections: stores.collections, clock });
    expect(await again.isMinor(photos, { userId: 'kim' })).toBe(true);
    expect(await again.isMinor(photos, { userId: 'lou' })).toBe(false);
  });

  it.each([
    { subject: 'kim', reason: '  ' },
    { subject: 'kim', reason, purpose: 'school' },
    { subject: 'kim', reason, adultFrom: '2027-02-30' },
  ])('is refused as %j', async (wanted) => {
    const { as } = await reviewBench();
    expect((await refusalOf(as('eve')('MarkMinor', wanted))).code).toBe('InvalidParameterException');
  });
});

describe('a collection that holds a minor', () => {
  it('is found by its faces, stored before the mark or after it', async () => {
    const bench = await reviewBench();
    const { minors } = bench.room;
    await bench.enrol('kim');
    expect(await minors.anyIn(await galleryOf(bench))).toBe(false);
    await bench.as('eve')('MarkMinor', { subject: 'lou', reason });
    expect(await minors.anyIn(await galleryOf(bench))).toBe(false);
    const faceId = await bench.enrol('lou');
    minors.seen(await galleryOf(bench), { faceId, externalImageId: 'lou' });
    expect(await minors.anyIn(await galleryOf(bench))).toBe(true);
    await bench.as('eve')('MarkMinor', { subject: 'kim', reason });
    expect(await minors.anyIn(await galleryOf(bench))).toBe(true);
  });

  it('is found when it was looked at before its minor was marked', async () => {
    const bench = await reviewBench();
    await bench.as('eve')('MarkMinor', { subject: 'lou', reason });
    await bench.enrol('kim');
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(false);
    await bench.as('eve')('MarkMinor', { subject: 'kim', reason });
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(true);
  });

  it('is found within a minute when a face was stored without a word', async () => {
    const bench = await reviewBench();
    await bench.as('eve')('MarkMinor', { subject: 'kim', reason });
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(false);
    await bench.enrol('kim');
    bench.pass(60_000);
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(true);
  });

  it('is found by its users', async () => {
    const bench = await reviewBench();
    await bench.as('eve')('MarkMinor', { subject: 'kim', reason });
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(false);
    await bench.stores.collections.createUser('gallery', 'kim');
    bench.room.minors.seen(await galleryOf(bench), { userId: 'kim' });
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(true);
  });

  it('is found when the face was stored as another went, once it was seen', async () => {
    const bench = await reviewBench();
    const { minors } = bench.room;
    const gone = await bench.enrol('ann');
    await bench.as('eve')('MarkMinor', { subject: 'kim', reason });
    expect(await minors.anyIn(await galleryOf(bench))).toBe(false);
    await bench.stores.collections.deleteFaces('gallery', [gone]);
    const faceId = await bench.enrol('kim');
    minors.seen(await galleryOf(bench), { faceId, externalImageId: 'kim' });
    expect(await minors.anyIn(await galleryOf(bench))).toBe(true);
  });

  it('is none any more once they have grown up', async () => {
    const bench = await reviewBench();
    await bench.enrol('kim');
    await bench.as('eve')('MarkMinor', { subject: 'kim', reason, adultFrom: '2027-03-02' });
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(true);
    bench.pass(86_400_000);
    expect(await bench.room.minors.anyIn(await galleryOf(bench))).toBe(false);
  });
});
