import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../builders/gate.ts';
import { openOffice } from '../builders/office.ts';
import { chance, dayMs, greyJpeg, reviewBench, reviewRoomOf } from '../builders/review.ts';

/** A house with subjects anna and bert and an open case of sam's about anna. */
async function attacked(options: Parameters<typeof reviewBench>[0] = {}) {
  const bench = await reviewBench(options);
  const anna = { faceId: await bench.enrol('anna'), subject: 'anna' };
  const bert = { faceId: await bench.enrol('bert'), subject: 'bert' };
  return { ...bench, anna, bert, caseId: await bench.open([anna]) };
}

/** What a person is answered, refusals too, without the times and ids of the case. */
async function heard(answer: Promise<unknown>, ...ids: string[]): Promise<string> {
  const said = await answer.catch(({ code, message }) => ({ code, message }));
  return ids.reduce((text, id) => text.replaceAll(id, 'ID'), JSON.stringify(said));
}

describe('one reviewer as two', () => {
  it('is refused under another key of the same person', async () => {
    const { as, judge, outcome, caseId } = await attacked();
    await judge('rita', caseId, 'same');
    const second = as('rita', { accessKeyId: 'AKSECOND' });
    expect((await second('ListReviewCases', {})).cases).toEqual([]);
    expect((await refusalOf(second('GetReviewCase', { caseId }))).code).toBe('ConflictException');
    const decisions: never[] = [];
    expect((await refusalOf(second('SubmitReview', { caseId, decisions }))).code).toBe('ConflictException');
    expect(await outcome(caseId)).toMatchObject({ state: 'pending' });
  });

  it.each(['Rita', 'rita ', 'rіta', 'ｒｉｔａ', 'ri\u200bta'])('is refused as %j, which reads alike', async (name) => {
    const { judge, caseId } = await attacked({ roles: { [name]: ['reviewer'] } });
    await judge('rita', caseId, 'same');
    expect((await refusalOf(judge(name, caseId, 'same'))).code).toBe('ConflictException');
  });

  it('counts once when both keys submit at the same moment', async () => {
    const { as, outcome, caseId } = await attacked();
    const { candidates } = await as('rita')('GetReviewCase', { caseId });
    const decisions = candidates.map(({ candidateId }) => ({ candidateId, verdict: 'same', reason: 'x' }) as const);
    const results = await Promise.allSettled(
      ['AK1', 'AK2', 'AK3'].map((accessKeyId) => as('rita', { accessKeyId })('SubmitReview', { caseId, decisions })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await outcome(caseId)).toMatchObject({ state: 'pending' });
  });
});

describe('reviewing a search of one’s own', () => {
  it('is refused, under a spelling that reads alike too', async () => {
    const { open, anna, as } = await attacked({ roles: { bоth: ['reviewer'] } });
    const caseId = await open([anna], { requestedBy: 'both', probe: { hash: 'b'.repeat(64) } });
    for (const person of ['both', 'bоth']) {
      expect((await refusalOf(as(person)('GetReviewCase', { caseId }))).code).toBe('AccessDeniedException');
      expect((await refusalOf(as(person)('SubmitReview', { caseId, decisions: [] }))).code).toBe(
        'AccessDeniedException',
      );
      expect((await as(person)('ListReviewCases', {})).cases.map((row) => row.caseId)).not.toContain(caseId);
    }
  });

  it('is refused when another person searched with the same probe for them', async () => {
    const { open, anna, as, caseId } = await attacked();
    await open([anna], { requestedBy: 'both' });
    expect((await as('both')('ListReviewCases', {})).cases).toEqual([]);
    expect((await refusalOf(as('both')('GetReviewCase', { caseId }))).code).toBe('ResourceNotFoundException');
  });

  it('is refused to whoever is no reviewer', async () => {
    const { as, caseId } = await attacked();
    for (const person of ['sam', 'boss', 'chief', 'audrey', 'eve']) {
      expect((await refusalOf(as(person)('GetReviewCase', { caseId }))).code).toBe('AccessDeniedException');
      expect((await refusalOf(as(person)('ListReviewCases', {}))).code).toBe('AccessDeniedException');
    }
  });
});

describe('looking at the other reviewer’s verdict', () => {
  it.each(['same', 'different', 'cannot-tell'] as const)('finds no trace of %s anywhere', async (verdict) => {
    const { judge, as, caseId, outcome } = await attacked();
    const look = async () => [
      await heard(as('ron')('ListReviewCases', {})),
      await heard(as('ron')('GetReviewCase', { caseId })),
      await heard(as('ron')('GetReviewOutcome', { caseId })),
      await heard(as('ron')('GetReviewStats', {})),
      await heard(as('ron')('SubmitReview', { caseId, decisions: [] })),
      await heard(outcome(caseId)),
      await heard(outcome(caseId, 'chief')),
    ];
    const before = await look();
    await judge('rita', caseId, verdict);
    expect(await look()).toEqual(before);
  });

  it('tells no reviewer whether theirs was the first or the second', async () => {
    const { judge, as, caseId } = await attacked();
    const first = await heard(judge('rita', caseId, 'same'));
    const afterFirst = await heard(as('rita')('GetReviewCase', { caseId }));
    expect(await heard(judge('ron', caseId, 'different'))).toBe(first);
    expect(await heard(as('ron')('GetReviewCase', { caseId }))).toBe(afterFirst);
    expect(await heard(as('rita')('GetReviewCase', { caseId }))).toBe(afterFirst);
  });

  it('changes no verdict that was given', async () => {
    const { judge, as, caseId, outcome } = await attacked();
    const { candidates } = await as('rita')('GetReviewCase', { caseId });
    const decide = (verdict: 'same' | 'different') =>
      as('rita')('SubmitReview', {
        caseId,
        decisions: candidates.map(({ candidateId }) => ({ candidateId, verdict, reason: 'x' })),
      });
    await decide('different');
    expect((await refusalOf(decide('same'))).code).toBe('ConflictException');
    await judge('ron', caseId, 'same');
    expect((await refusalOf(decide('same'))).code).toBe('ConflictException');
    expect((await outcome(caseId)).matches).toEqual([]);
  });

  it('lets no third reviewer turn a decided case', async () => {
    const { judge, caseId, outcome } = await attacked();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'different');
    expect((await refusalOf(judge('rosa', caseId, 'same'))).code).toBe('ResourceNotFoundException');
    expect((await outcome(caseId)).matches).toEqual([]);
  });
});

describe('telling a seeded non-match apart', () => {
  it('finds the same members, the same kind of ids and crops, and any place in the order', async () => {
    const { open, anna, enrol, as, outcome } = await attacked({ seedShare: 1, random: chance(7) });
    const carl = { faceId: await enrol('carl'), subject: 'carl' };
    const places = new Set<number>();
    const taken = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      const caseId = await open([anna, carl]);
      const { candidates } = await as('rita')('GetReviewCase', { caseId });
      expect(candidates).toHaveLength(3);
      for (const { candidateId } of candidates) {
        expect(candidateId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(taken.has(candidateId)).toBe(false);
        taken.add(candidateId);
      }
      expect(new Set(candidates.map((one) => Object.keys(one).join())).size).toBe(1);
      expect(new Set(candidates.map(({ crop }) => crop?.length)).size).toBe(1);
      const chosen = candidates[i % 3]?.candidateId;
      const decide = (person: string) =>
        as(person)('SubmitReview', {
          caseId,
          decisions: candidates.map(({ candidateId }) => ({
            candidateId,
            verdict: candidateId === chosen ? 'same' : 'different',
            reason: 'x',
          })),
        });
      await decide('rita');
      await decide('ron');
      const { matches } = await outcome(caseId);
      // What was chosen and never came out was the seed; only the requester's side can tell.
      if (matches.length === 0) places.add(i % 3);
      expect(matches.every(({ externalImageId }) => externalImageId !== 'bert')).toBe(true);
    }
    expect([...places].sort()).toEqual([0, 1, 2]);
  });

  it('is not helped by crops with metadata, nor by candidates without a picture', async () => {
    const { open, anna, as, room, gallery } = await attacked({ seedShare: 1 });
    await room.crops.keep(gallery, { faceId: randomUUID(), externalImageId: 'dora' }, await greyJpeg(50, true));
    for (let i = 0; i < 8; i += 1) {
      const { candidates } = await as('rita')('GetReviewCase', { caseId: await open([anna]) });
      for (const { crop = '' } of candidates) expect(Buffer.from(crop, 'base64').includes('secret')).toBe(false);
    }
    const bare = await open([], { candidates: [{ faceId: anna.faceId, similarity: 90, crop: undefined }] });
    expect((await as('rita')('GetReviewCase', { caseId: bare })).candidates).toHaveLength(1);
  });

  it('is not helped by the rates, which only admins and auditors see', async () => {
    const { as } = await attacked();
    expect((await refusalOf(as('rita')('GetReviewStats', {}))).code).toBe('AccessDeniedException');
    expect((await refusalOf(as('sam')('GetReviewStats', {}))).code).toBe('AccessDeniedException');
  });
});

describe('learning from the outcome what was withheld', () => {
  const stories = {
    'no candidates': [[], 'different', 'different'],
    rejected: [['anna'], 'different', 'different'],
    conflict: [['anna'], 'same', 'different'],
    'one could not tell': [['anna', 'bert'], 'same', 'cannot-tell'],
  } as const;

  it('hears the same of a conflict, a rejection and a case without candidates, at every step', async () => {
    for (const requester of ['sam', 'boss']) {
      const told: Record<string, string[]> = {};
      for (const [story, [found, one, other]] of Object.entries(stories)) {
        const { open, judge, outcome, anna, bert } = await attacked();
        const caseId = await open(
          found.map((name) => ({ anna, bert })[name]),
          { requestedBy: requester },
        );
        const steps = [await heard(outcome(caseId, requester), caseId)];
        await judge('rita', caseId, one);
        steps.push(await heard(outcome(caseId, requester), caseId));
        await judge('ron', caseId, other);
        steps.push(await heard(outcome(caseId, requester), caseId));
        told[story] = steps;
      }
      const [first, ...others] = Object.values(told);
      for (const other of others) expect(other).toEqual(first);
      expect(first?.join()).not.toContain('detail');
    }
  });

  it('reads off nothing by the rates or the cannot-links of one’s own search', async () => {
    const { open, judge, as, anna } = await attacked();
    const empty = await heard(as('boss')('GetReviewStats', {}));
    const caseId = await open([anna], { requestedBy: 'boss', probe: { hash: 'c'.repeat(64) } });
    await judge('rita', caseId, 'different', true);
    await judge('ron', caseId, 'different', true);
    expect(await heard(as('boss')('GetReviewStats', {}))).toBe(empty);
    expect((await as('boss')('ListCannotLinks', { collectionId: 'gallery' })).links).toEqual([]);
    expect((await as('chief')('ListCannotLinks', { collectionId: 'gallery' })).links).toHaveLength(1);
    const { link } = await as('boss')('SetCannotLink', {
      collectionId: 'gallery',
      one: { probeHash: 'c'.repeat(64) },
      other: { externalImageId: 'anna' },
      reason: 'let me see whether it stands',
    });
    expect(link).toMatchObject({ persons: ['boss'], source: 'person' });
  });

  it('answers a guessed id, a foreign case and a case beyond the key’s limits alike', async () => {
    const { as, caseId, judge } = await attacked();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    const guessed = randomUUID();
    const nothing = await heard(as('sue')('GetReviewOutcome', { caseId: guessed }), guessed);
    for (const caller of [
      as('sue'),
      as('sam', { collections: ['other'] }),
      as('sam', { purposes: ['photo-library'] }),
      as('chief', { collections: ['other'] }),
    ]) {
      expect(await heard(caller('GetReviewOutcome', { caseId }), caseId)).toBe(nothing);
    }
  });
});

describe('reviewing beyond one’s limits', () => {
  it('finds no case of a collection or purpose that the key does not list', async () => {
    const { as, caseId } = await attacked();
    for (const key of [{ collections: ['other'] }, { purposes: ['photo-library'] }]) {
      const rita = as('rita', key);
      expect((await rita('ListReviewCases', {})).cases).toEqual([]);
      expect((await refusalOf(rita('GetReviewCase', { caseId }))).code).toBe('ResourceNotFoundException');
      expect((await refusalOf(rita('SubmitReview', { caseId, decisions: [] }))).code).toBe('ResourceNotFoundException');
    }
  });

  it('is too late when the case has run out, though no sweep has come by', async () => {
    const { judge, as, caseId, pass, outcome } = await attacked();
    await judge('rita', caseId, 'same');
    const { candidates } = await as('ron')('GetReviewCase', { caseId });
    pass(30 * dayMs);
    const late = as('ron')('SubmitReview', {
      caseId,
      decisions: candidates.map(({ candidateId }) => ({ candidateId, verdict: 'same', reason: 'x' })),
    });
    expect((await refusalOf(late)).code).toBe('ResourceNotFoundException');
    expect(await outcome(caseId)).toMatchObject({ state: 'closed', matches: [] });
  });

  it('is too late for a candidate who was erased meanwhile, judged or not', async () => {
    const { open, anna, bert, judge, outcome, room, as } = await attacked();
    const caseId = await open([anna, bert]);
    await judge('rita', caseId, 'same');
    for (const source of room.erasureSources) await source.erase({ kind: 'subject', subject: 'anna' });
    expect((await as('ron')('GetReviewCase', { caseId })).candidates).toHaveLength(1);
    await judge('ron', caseId, 'same');
    expect((await outcome(caseId)).matches.map(({ externalImageId }) => externalImageId)).toEqual(['bert']);
  });
});

describe('reading the cases off the disk', () => {
  it('finds no name, no verdict, no picture, and as many documents and bytes for a full case as for an empty one', async () => {
    const { house, dataDir } = await openOffice();
    const jpeg = await greyJpeg(77);
    const room = reviewRoomOf(house);
    const open = (subjects: readonly string[]) =>
      room.desk.open({
        kind: 'search',
        operation: 'SearchFacesByImage',
        purpose: 'family-reunification',
        collectionId: 'g',
        requestedBy: 'operator',
        threshold: 80,
        model: 'm',
        probe: { hash: 'e'.repeat(64), crop: jpeg },
        candidates: subjects.map((externalImageId) => ({ externalImageId, similarity: 97, crop: jpeg })),
      });
    const bytes = (): Buffer =>
      Buffer.concat(
        readdirSync(dataDir)
          .filter((name) => name.startsWith('governance.db'))
          .map((name) => readFileSync(join(dataDir, name))),
      );
    const grown = async (work: () => Promise<unknown>): Promise<number> => {
      await house.stores.documents.scrub();
      const before = bytes().length;
      await work();
      await house.stores.documents.scrub();
      return bytes().length - before;
    };
    await open([]);
    const empty = await grown(() => open([]));
    const full = await grown(() => open(['the-missing-child', 'another-child']));
    // Pages are of 4 KiB; the indexes of random ids may take one more or less.
    expect(Math.abs(full - empty)).toBeLessThanOrEqual(3 * 4096);
    expect(bytes().includes('the-missing-child')).toBe(false);
    expect(bytes().includes(Buffer.from(jpeg).toString('base64').slice(40, 80))).toBe(false);
    expect(bytes().includes(Buffer.from(jpeg.subarray(40, 80)))).toBe(false);
  });
});
