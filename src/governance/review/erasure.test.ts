import { describe, expect, it } from 'vitest';
import { reviewBench } from '../../../tests/builders/review.ts';
import type { ErasureTarget } from '../retention/erasure-source.ts';

/** A house that keeps something of anna everywhere, and of bert. */
async function keptOf() {
  const bench = await reviewBench();
  const anna = { faceId: await bench.enrol('anna'), subject: 'anna' };
  const bert = { faceId: await bench.enrol('bert'), subject: 'bert' };
  const caseId = await bench.open([anna, bert]);
  await bench.as('eve')('MarkMinor', { subject: 'anna', reason: 'x', purpose: 'family-reunification' });
  await bench.as('eve')('SetCannotLink', {
    collectionId: 'gallery',
    one: { externalImageId: 'anna' },
    other: { userId: 'u' },
    reason: 'x',
  });
  const counts = async (target: ErasureTarget) => {
    const found: Record<string, number> = {};
    for (const source of bench.room.erasureSources) {
      for (const { kind, count } of await source.count(target)) found[kind] = count;
    }
    return found;
  };
  const erase = async (target: ErasureTarget) => {
    for (const source of bench.room.erasureSources) await source.erase(target);
  };
  return { ...bench, anna, bert, caseId, counts, erase };
}

const anna = { kind: 'subject', subject: 'anna' } as const;
const nothing = { crops: 0, cases: 0, 'cannot-links': 0, 'minor marks': 0 };

describe('erasing a subject from the review room', () => {
  it('reaches crops, cases, cannot-links and marks, and leaves what is of others', async () => {
    const { counts, erase, as, caseId, room, bert } = await keptOf();
    expect(await counts(anna)).toEqual({ crops: 1, cases: 1, 'cannot-links': 1, 'minor marks': 1 });
    await erase(anna);
    expect(await counts(anna)).toEqual(nothing);
    const { candidates } = await as('rita')('GetReviewCase', { caseId });
    expect(candidates).toHaveLength(1);
    expect(candidates[0]?.crop).toBeDefined();
    expect(await room.crops.of('gallery', bert.faceId)).toBeDefined();
    expect((await room.cannotLinks.forCollection('gallery')).isEmpty).toBe(true);
    expect(await room.minors.isMinor({ id: 'gallery', purpose: 'family-reunification' }, { userId: 'anna' })).toBe(
      false,
    );
  });

  it('takes a match back that was released', async () => {
    const { erase, judge, caseId, outcome } = await keptOf();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    await erase(anna);
    expect((await outcome(caseId)).matches.map(({ externalImageId }) => externalImageId)).toEqual(['bert']);
  });

  it('takes the whole case of a probe that was theirs', async () => {
    const { erase, open, bert, outcome } = await keptOf();
    const caseId = await open([bert], { probe: { userId: 'anna' } });
    await erase(anna);
    await expect(outcome(caseId)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it('under one purpose leaves other purposes and a mark for every purpose', async () => {
    const { erase, counts, as, room } = await keptOf();
    await as('eve')('MarkMinor', { subject: 'anna', reason: 'x' });
    await erase({ ...anna, purpose: 'photo-library' });
    expect(await counts(anna)).toMatchObject({ crops: 1, cases: 1, 'cannot-links': 1, 'minor marks': 2 });
    await erase({ ...anna, purpose: 'family-reunification' });
    expect(await counts({ ...anna, purpose: 'family-reunification' })).toEqual(nothing);
    expect(await room.minors.isMinor({ id: 'photos', purpose: 'photo-library' }, { userId: 'anna' })).toBe(true);
  });

  it('reaches a face without a name, and a collection as a whole', async () => {
    const { erase, counts, room, gallery, open } = await keptOf();
    const faceId = 'nameless';
    await room.crops.keep(gallery, { faceId }, await pictureOf(room, gallery.id));
    await open([], { candidates: [{ faceId, similarity: 90 }] });
    const face = { kind: 'face', collectionId: 'gallery', faceId } as const;
    expect(await counts(face)).toMatchObject({ crops: 1, cases: 1 });
    await erase(face);
    expect(await counts(face)).toEqual(nothing);
    const whole = { kind: 'collection', collectionId: 'gallery' } as const;
    expect(await counts(whole)).toMatchObject({ crops: 2, cases: 2 });
    await erase(whole);
    expect(await counts(whole)).toEqual(nothing);
  });

  it('tells the orphan scan what is kept, of whom and since when', async () => {
    const { room, clock } = await keptOf();
    const held: string[] = [];
    for (const source of room.erasureSources) {
      for await (const { what, subject, storedAtMs } of source.held()) {
        expect(storedAtMs).toBe(clock());
        held.push(`${what} ${subject}`);
      }
    }
    expect(held.sort()).toEqual(
      [
        'cannot-link anna',
        'cannot-link u',
        'case anna',
        'case bert',
        'crop anna',
        'crop bert',
        'minor mark anna',
      ].sort(),
    );
  });
});

async function pictureOf(
  room: Awaited<ReturnType<typeof reviewBench>>['room'],
  collectionId: string,
): Promise<Uint8Array> {
  const [crop] = await room.crops.someOf(collectionId, () => 0);
  return new Uint8Array(Buffer.from(crop?.jpeg ?? '', 'base64'));
}
