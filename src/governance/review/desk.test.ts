import { describe, expect, it } from 'vitest';
import { dayMs, greyJpeg, reviewBench, startMs } from '../../../tests/builders/review.ts';
import type { DecidedEnrolment } from './desk.ts';

/** A house with one enrolled subject and an open case about it. */
async function oneCase(options: Parameters<typeof reviewBench>[0] = {}) {
  const bench = await reviewBench(options);
  const faceId = await bench.enrol('anna');
  const caseId = await bench.open([{ faceId, subject: 'anna' }]);
  return { ...bench, faceId, caseId };
}

describe('a case', () => {
  it('waits until two reviewers have judged it, and releases what both found the same', async () => {
    const { judge, outcome, caseId, faceId } = await oneCase();
    expect(await outcome(caseId)).toMatchObject({ state: 'pending', matches: [] });
    await judge('rita', caseId, 'same');
    expect(await outcome(caseId)).toMatchObject({ state: 'pending', matches: [] });
    await judge('ron', caseId, 'same');
    expect(await outcome(caseId)).toMatchObject({
      state: 'closed',
      matches: [{ faceId, externalImageId: 'anna', similarity: 99 }],
      notice: expect.stringContaining('never an identity'),
    });
  });

  it.each([
    ['same', 'different'],
    ['same', 'cannot-tell'],
    ['different', 'different'],
    ['cannot-tell', 'cannot-tell'],
  ] as const)('releases nothing on %s and %s', async (one, other) => {
    const { judge, outcome, caseId } = await oneCase();
    await judge('rita', caseId, one);
    await judge('ron', caseId, other);
    expect(await outcome(caseId)).toMatchObject({ state: 'closed', matches: [] });
  });

  it('is put before reviewers without candidates too, and closes in the same way', async () => {
    const { open, judge, outcome, as } = await reviewBench();
    const caseId = await open();
    expect((await as('rita')('ListReviewCases', {})).cases).toHaveLength(1);
    await judge('rita', caseId, 'same');
    expect(await outcome(caseId)).toMatchObject({ state: 'pending' });
    await judge('ron', caseId, 'same');
    expect(await outcome(caseId)).toMatchObject({ state: 'closed', matches: [] });
  });

  it('closes without a match when nobody judged it in time, and is forgotten later', async () => {
    const { outcome, caseId, pass, room, as } = await oneCase();
    pass(30 * dayMs);
    expect(await outcome(caseId)).toMatchObject({ state: 'closed', matches: [] });
    await room.desk.sweep();
    expect(await outcome(caseId, 'chief')).toMatchObject({ state: 'closed', detail: 'expired' });
    expect((await as('rita')('ListReviewCases', {})).cases).toEqual([]);
    pass(30 * dayMs);
    await expect(outcome(caseId)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it('loses its pictures when it closes', async () => {
    const { judge, caseId, stores } = await oneCase();
    const pictures = () => stores.documents.read((view) => view.get('crop', `case.${caseId}`));
    expect(await pictures()).toBeDefined();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    expect(await pictures()).toBeUndefined();
  });

  it('tells a released match only while its face stands', async () => {
    const { judge, caseId, outcome, stores, faceId } = await oneCase();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    await stores.collections.deleteFaces('gallery', [faceId]);
    expect((await outcome(caseId)).matches).toEqual([]);
  });

  it('tells nothing once its collection was deleted and made again under its name', async () => {
    const { judge, caseId, outcome, stores, pass } = await oneCase();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    await stores.collections.deleteCollection('gallery');
    pass(1);
    await stores.collections.createCollection({
      id: 'gallery',
      purpose: 'family-reunification',
      modelVersion: 'm',
      dimensions: 4,
      tags: {},
      createdAtMs: startMs + 1,
    });
    expect((await outcome(caseId)).matches).toEqual([]);
  });

  it('is recorded with its id and its counts when it is viewed and judged', async () => {
    const { judge, caseId, gate } = await oneCase();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    const outcomes = gate.records().filter(({ kind }) => kind === 'outcome');
    expect(outcomes.map(({ operation, case: about }) => [operation, about])).toEqual([
      ['GetReviewCase', caseId],
      ['SubmitReview', caseId],
      ['GetReviewCase', caseId],
      ['SubmitReview', caseId],
    ]);
    expect(outcomes[1]?.counts).toEqual({ casesReviewed: 1 });
    expect(outcomes[3]?.counts).toEqual({ casesReviewed: 1, matchesReleased: 1, matchesWithheld: 0 });
  });
});

describe('a review', () => {
  it('must judge every candidate, once, with a reason', async () => {
    const { as, caseId } = await oneCase();
    const rita = as('rita');
    const { candidates } = await rita('GetReviewCase', { caseId });
    const candidateId = candidates[0]?.candidateId ?? '';
    const same = { candidateId, verdict: 'same', reason: 'the ear' } as const;
    for (const decisions of [
      [],
      [same, same],
      [{ ...same, candidateId: 'another' }],
      [{ ...same, reason: '  ' }],
      [{ ...same, notThisPerson: true }],
    ]) {
      await expect(rita('SubmitReview', { caseId, decisions })).rejects.toMatchObject({
        code: 'InvalidParameterException',
      });
    }
    expect(await rita('SubmitReview', { caseId, decisions: [same] })).toEqual({ caseId, recorded: true });
  });

  it('is told to admins with why it closed, and to auditors without the match', async () => {
    const { judge, caseId, outcome } = await oneCase();
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'same');
    expect(await outcome(caseId, 'chief')).toMatchObject({ detail: 'released', matches: [{ similarity: 99 }] });
    expect(await outcome(caseId, 'audrey')).toMatchObject({ detail: 'released', matches: [] });
  });
});

describe('seeded non-matches', () => {
  it('measure each reviewer, and never reach the requester', async () => {
    const { judge, open, outcome, enrol, as } = await reviewBench({ seedShare: 1 });
    const faceId = await enrol('anna');
    await enrol('bert');
    const caseIds: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const caseId = await open([{ faceId, subject: 'anna' }]);
      expect((await as('rita')('GetReviewCase', { caseId })).candidates).toHaveLength(2);
      await judge('rita', caseId, 'same');
      await judge('ron', caseId, i === 0 ? 'same' : 'different');
      caseIds.push(caseId);
    }
    expect((await outcome(caseIds[0] ?? '')).matches.map(({ externalImageId }) => externalImageId)).toEqual(['anna']);
    const { reviewers } = await as('audrey')('GetReviewStats', {});
    expect(reviewers).toMatchObject([
      { person: 'rita', cases: 4, seedsSeen: 4, seedsAccepted: 4, falseAcceptRate: { rate: 1, high: 1 } },
      { person: 'ron', cases: 4, seedsSeen: 4, seedsAccepted: 1, falseAcceptRate: { rate: 0.25 } },
    ]);
    expect(reviewers[0]?.falseAcceptRate?.low).toBeCloseTo(0.51, 2);
    expect(reviewers[0]?.agreementRate?.rate).toBeCloseTo(0.25);
  });

  it('are put into the share of cases that was configured, with candidates or without', async () => {
    const { open, enrol, as } = await reviewBench({ seedShare: 0.2 });
    const faceId = await enrol('anna');
    await enrol('bert');
    const seeded = { full: 0, empty: 0 };
    for (let i = 0; i < 60; i += 1) {
      const full = await open([{ faceId, subject: 'anna' }]);
      const empty = await open();
      seeded.full += (await as('rita')('GetReviewCase', { caseId: full })).candidates.length - 1;
      seeded.empty += (await as('rita')('GetReviewCase', { caseId: empty })).candidates.length;
    }
    // 60 draws at 0.2: four standard deviations around 12.
    for (const count of Object.values(seeded)) expect(Math.abs(count - 12)).toBeLessThan(12);
  });

  it('are left out where no face is surely another person', async () => {
    const { open, enrol, as } = await reviewBench({ seedShare: 1 });
    await enrol('bert');
    const caseId = await open([], { isNonMatch: async () => false });
    expect((await as('rita')('GetReviewCase', { caseId })).candidates).toEqual([]);
  });
});

describe('a withheld enrolment', () => {
  async function enrolment() {
    const bench = await reviewBench();
    const faceId = await bench.enrol('anna');
    const caseId = await bench.open([{ faceId, subject: 'anna' }], {
      kind: 'enrolment',
      pending: new Uint8Array([1, 2, 3]),
    });
    return { ...bench, caseId, faceId };
  }

  it('is handed back with what both found when it is decided', async () => {
    const { room, judge, caseId, faceId } = await enrolment();
    const decided: DecidedEnrolment[] = [];
    room.desk.onDecided('enrolment', async (one) => void decided.push(one));
    await judge('rita', caseId, 'same');
    expect(decided).toEqual([]);
    await judge('ron', caseId, 'same');
    expect(decided).toMatchObject([
      { caseId, payload: new Uint8Array([1, 2, 3]), candidates: [{ faceId, agreed: 'same' }], collectionId: 'gallery' },
    ]);
  });

  it('is tried again by the sweep after its handler failed, and once only after it did not', async () => {
    const { room, judge, caseId, notices } = await enrolment();
    let calls = 0;
    room.desk.onDecided('enrolment', async () => {
      calls += 1;
      if (calls === 1) throw new Error('the disk is full');
    });
    await judge('rita', caseId, 'same');
    await judge('ron', caseId, 'different');
    expect(notices).toHaveLength(1);
    await room.desk.sweep();
    await room.desk.sweep();
    expect(calls).toBe(2);
  });

  it('is erased without being handed back when it runs out', async () => {
    const { room, pass, caseId, stores } = await enrolment();
    let calls = 0;
    room.desk.onDecided('enrolment', async () => {
      calls += 1;
    });
    pass(31 * dayMs);
    await room.desk.sweep();
    expect(calls).toBe(0);
    expect(await stores.documents.read((view) => view.get('crop', `pending.${caseId}`))).toBeUndefined();
  });
});

describe('what is kept of a case', () => {
  it('is as long for many candidates as for none', async () => {
    const { stores, open, enrol } = await reviewBench();
    const long = `x${'y'.repeat(250)}`;
    const faces = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ({ faceId: await enrol(`${long}${i}`), subject: `${long}${i}` })),
    );
    const lengths = async (caseId: string) =>
      stores.documents.read((view) =>
        (['case', 'crop'] as const).map(
          (kind) => JSON.stringify(view.get(kind, kind === 'case' ? caseId : `case.${caseId}`)?.body).length,
        ),
      );
    expect(await lengths(await open(faces))).toEqual(await lengths(await open()));
  });

  it('holds pictures without metadata', async () => {
    const { open, as } = await reviewBench();
    const crop = await greyJpeg(10, true);
    expect(Buffer.from(crop).toString('latin1')).toContain('the secret place');
    const caseId = await open([], { probe: { crop } });
    const { probe = '' } = await as('rita')('GetReviewCase', { caseId });
    const shown = Buffer.from(probe, 'base64');
    expect(shown.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    expect(shown.toString('latin1')).not.toContain('the secret place');
  });
});
