import { describe, expect, it } from 'vitest';
import type { OwnResponseOf } from '../../src/contract/index.ts';
import { consentBench, dayMs, templateOf } from '../builders/consent.ts';
import { callerWith, refusalOf } from '../builders/gate.ts';

const alice = 1;
const bob = 2;
const guardian = { name: 'A Guardian', relation: 'mother' };

/** Long enough for whatever is not kept waiting to finish. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((done) => setImmediate(done));
}

/** What IndexFaces answered, in numbers. */
async function tally(answer: Promise<{ response: unknown }>) {
  const { FaceRecords, UnindexedFaces } = (await answer).response as {
    FaceRecords: unknown[];
    UnindexedFaces: { Reasons: string[] }[];
  };
  return { stored: FaceRecords.length, left: UnindexedFaces.map(({ Reasons }) => Reasons) };
}

describe('active-consent, attacked', () => {
  it('stores nothing when the consent expires while the photo is analysed', async () => {
    const bench = await consentBench({ whileEmbedding: () => bench.pass(2 * dayMs) });
    await bench.grant('alice', { expiresAt: '2027-03-02T00:00:00Z' });
    const refusal = await refusalOf(bench.index('alice', [{ person: alice }]));
    expect(refusal.code).toBe('AccessDeniedException');
    expect(refusal.message).toContain('active-consent');
    expect(await bench.faces()).toEqual([]);
  });

  it('stores nothing when the consent is withdrawn while the photo is analysed', async () => {
    let withdrawal: Promise<unknown> = Promise.resolve();
    const bench = await consentBench({
      whileEmbedding: () => {
        withdrawal = bench.withdraw({ subject: 'alice', purpose: 'identity-verification' });
        return withdrawal;
      },
    });
    await bench.grant('alice');
    expect((await refusalOf(bench.index('alice', [{ person: alice }]))).code).toBe('AccessDeniedException');
    await withdrawal;
    expect(await bench.faces()).toEqual([]);
  });

  it('has nothing left after a withdrawal that began between the last question and the storing', async () => {
    let withdrawal: Promise<unknown> = Promise.resolve();
    const bench = await consentBench({
      whileStoring: async () => {
        withdrawal = bench.withdraw({ subject: 'alice', purpose: 'identity-verification' });
        await Promise.race([withdrawal, manyTurns()]);
      },
    });
    await bench.grant('alice');
    await bench.index('alice', [{ person: alice }]);
    await withdrawal;
    expect(await bench.faces()).toEqual([]);
  });

  it('has nothing left after a withdrawal has answered, whatever was under way', async () => {
    const bench = await consentBench({ whileEmbedding: () => new Promise((done) => setImmediate(done)) });
    await bench.grant('alice');
    const photos = Array.from({ length: 12 }, (_, i) => bench.index('alice', [{ person: alice, turned: i / 100 }]));
    const settled = Promise.allSettled(photos);
    await new Promise((done) => setImmediate(done));
    await bench.withdraw({ subject: 'alice', purpose: 'identity-verification' });
    expect(await bench.faces()).toEqual([]);
    await settled;
    expect(await bench.faces()).toEqual([]);
  });

  it('counts a receipt for its own subject and purpose only', async () => {
    const bench = await consentBench({ collections: { c: 'identity-verification', door: 'access-control' } });
    await bench.grant('alice');
    await bench.grant('bob', { purpose: 'access-control' });
    for (const [subject, collection] of [
      ['alice', 'door'],
      ['bob', 'c'],
      ['carol', 'c'],
    ] as const) {
      const refusal = await refusalOf(bench.index(subject, [{ person: alice }], collection));
      expect(refusal.code).toBe('AccessDeniedException');
    }
    expect(await tally(bench.index('alice', [{ person: alice }]))).toEqual({ stored: 1, left: [] });
  });

  it('does not reach into a collection that was made again for another purpose', async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    await bench.stores.collections.deleteCollection('c');
    await bench.stores.collections.createCollection({
      id: 'c',
      purpose: 'access-control',
      modelVersion: 'm',
      dimensions: 8,
      tags: {},
      createdAtMs: 1,
    });
    expect((await refusalOf(bench.index('alice', [{ person: alice }]))).code).toBe('AccessDeniedException');
  });

  it.each(['Alice', 'alice ', ' alice', 'alicе', 'alice\u200b', 'ａlice', 'alice\n', 'ALICE', 'alice.', ''])(
    'takes %j for someone else than alice',
    async (name) => {
      const bench = await consentBench();
      await bench.grant('alice');
      expect((await refusalOf(bench.index(name, [{ person: alice }]))).code).toBe('AccessDeniedException');
      expect((await refusalOf(bench.call('CreateUser', { CollectionId: 'c', UserId: name }))).code).toBe(
        'AccessDeniedException',
      );
      expect(await bench.faces()).toEqual([]);
    },
  );

  it.each(['alice ', 'alicе', 'alice\u200b', '', 'a'.repeat(256), 'a/b'])(
    'records no receipt for a name that only looks like one: %j',
    async (name) => {
      const bench = await consentBench();
      expect((await refusalOf(bench.grant(name))).code).toBe('InvalidParameterException');
    },
  );

  it('refuses an unnamed photo even though others consented', async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    expect((await refusalOf(bench.index(undefined, [{ person: alice }]))).code).toBe('AccessDeniedException');
  });

  it('makes no user without a receipt, nor after it expired', async () => {
    const bench = await consentBench();
    await bench.grant('alice', { expiresAt: '2027-03-03' });
    expect((await refusalOf(bench.call('CreateUser', { CollectionId: 'c', UserId: 'bob' }))).code).toBe(
      'AccessDeniedException',
    );
    await bench.call('CreateUser', { CollectionId: 'c', UserId: 'alice' });
    bench.pass(2 * dayMs);
    const late = bench.call('AssociateFaces', { CollectionId: 'c', UserId: 'alice', FaceIds: ['f'] });
    expect((await refusalOf(late)).code).toBe('AccessDeniedException');
  });

  it('takes no receipt for a refused class of use, and none for a purpose that does not exist', async () => {
    const bench = await consentBench();
    const refused = await refusalOf(bench.grant('alice', { purpose: 'suspect search' }));
    expect(refused).toMatchObject({ code: 'AccessDeniedException' });
    expect(refused.message).toContain('law-enforcement-identification');
    expect((await refusalOf(bench.grant('alice', { purpose: 'anything' }))).code).toBe('InvalidParameterException');
  });

  it('cannot be dated into the future or stretched beyond what the purpose keeps', async () => {
    const bench = await consentBench();
    for (const dates of [
      { grantedAt: '2027-03-02' },
      { expiresAt: '2028-03-02' },
      { grantedAt: '2026-01-01', expiresAt: '2027-03-02' },
      { grantedAt: '2026-01-01' },
      { expiresAt: '2027-02-01' },
      { expiresAt: 'never' },
      { expiresAt: '+275760-09-13' },
    ]) {
      expect((await refusalOf(bench.grant('alice', dates))).code).toBe('InvalidParameterException');
    }
  });
});

describe('key-serves-consent, attacked', () => {
  it('lets a key of one purpose neither make, read nor end the consents of another', async () => {
    const bench = await consentBench({ collections: { door: 'access-control' } });
    const { receiptId } = await bench.grant('alice', { purpose: 'access-control' });
    const caller = callerWith({ purposes: ['identity-verification'] });
    const foreign = bench.terms('bob', { purpose: 'access-control' });
    const about = { subject: 'alice', purpose: 'access-control' };
    for (const [operation, request] of [
      ['GrantConsent', foreign],
      ['ImportConsents', { rows: [bench.terms('bob'), foreign] }],
      ['GetConsent', { receiptId }],
      ['WithdrawConsent', { receiptId }],
      ['WithdrawConsent', about],
      ['RecordObjection', { ...about, method: 'in-app' }],
      ['LiftObjection', { ...about, method: 'in-app' }],
      ['ListConsents', { purpose: 'access-control' }],
      ['ListConsents', {}],
    ] as const) {
      const refusal = await refusalOf(bench.call(operation, request, caller));
      expect(refusal.code, operation).toBe('AccessDeniedException');
      expect(refusal.message).toContain('does not list the purpose');
    }
    expect(await tally(bench.index('alice', [{ person: alice }], 'door'))).toMatchObject({ stored: 1 });
    await bench.call('GrantConsent', bench.terms('bob'), caller);
  });
});

describe('a receipt on disk', () => {
  it('does not count when its dates, subject or purpose were edited, even by who can seal documents', async () => {
    const bench = await consentBench();
    const { receiptId } = await bench.grant('alice', { expiresAt: '2027-03-03' });
    type Body = { expiresAtMs: number; held: { receipt: { event: { valid_until: string } } } };
    await bench.stores.documents.change((change) => {
      const body = change.get('receipt', receiptId)?.body as Body;
      body.expiresAtMs = Date.parse('2030-01-01');
      body.held.receipt.event.valid_until = '2030-01-01T00:00:00.000Z';
      change.put('receipt', receiptId, body, {
        names: { subject: JSON.stringify(['identity-verification', 'alice']) },
      });
    });
    bench.pass(5 * dayMs);
    expect((await refusalOf(bench.index('alice', [{ person: alice }]))).code).toBe('AccessDeniedException');
  });

  it('does not count for another subject or purpose when its body is moved into a row of theirs', async () => {
    const bench = await consentBench({ collections: { c: 'identity-verification', door: 'access-control' } });
    const { receiptId } = await bench.grant('alice');
    await bench.stores.documents.change((change) => {
      const body = change.get('receipt', receiptId)?.body;
      change.put('receipt', 'stolen', body, {
        names: { subject: JSON.stringify(['identity-verification', 'bob']) },
      });
    });
    expect((await refusalOf(bench.index('bob', [{ person: bob }]))).code).toBe('AccessDeniedException');
    await bench.stores.documents.change((change) => {
      const body = change.get('receipt', receiptId)?.body;
      change.put('receipt', receiptId, body, { names: { subject: JSON.stringify(['access-control', 'alice']) } });
    });
    expect((await refusalOf(bench.index('alice', [{ person: alice }], 'door'))).code).toBe('AccessDeniedException');
  });

  it('does not come back to life when its withdrawal is struck out', async () => {
    const bench = await consentBench();
    const { receiptId } = await bench.grant('alice');
    await bench.withdraw({ receiptId });
    await bench.stores.documents.change((change) => {
      const { ended: _ended, ...body } = (change.get('receipt', receiptId)?.body ?? {}) as Record<string, unknown>;
      change.put('receipt', receiptId, body, {
        names: { subject: JSON.stringify(['identity-verification', 'alice']) },
      });
    });
    expect((await refusalOf(bench.index('alice', [{ person: alice }]))).code).toBe('AccessDeniedException');
  });
});

describe('one-subject, attacked', () => {
  it('enrols nobody but the largest face of a group photo', async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    const group = [
      { person: alice, size: 0.4 },
      { person: bob, size: 0.3 },
      { person: 3, size: 0.2 },
    ];
    expect(await tally(bench.index('alice', group))).toEqual({
      stored: 1,
      left: [['EXCEEDS_MAX_FACES'], ['EXCEEDS_MAX_FACES']],
    });
    const [face, ...others] = await bench.faces();
    expect(others).toEqual([]);
    expect(await bench.stores.collections.faceTemplate('c', face?.faceId ?? '')).toSatisfy((stored: Float32Array) =>
      stored.every((value, i) => Math.abs(value - (templateOf(alice)[i] ?? 0)) < 1e-3),
    );
  });

  it('enrols nobody when the largest face is not good enough: the next one is someone else', async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    const photo = [
      { person: alice, size: 0.4, blurred: true },
      { person: bob, size: 0.3 },
    ];
    expect(await tally(bench.index('alice', photo))).toEqual({
      stored: 0,
      left: [['LOW_SHARPNESS'], ['EXCEEDS_MAX_FACES']],
    });
    expect(await bench.faces()).toEqual([]);
  });

  it('refuses the photo of a second person under a consented name, in whichever collection of the purpose', async () => {
    const bench = await consentBench({
      collections: { c: 'identity-verification', d: 'identity-verification', door: 'access-control' },
    });
    await bench.grant('alice');
    await bench.grant('alice', { purpose: 'access-control' });
    await bench.index('alice', [{ person: alice }]);
    for (const collection of ['c', 'd']) {
      const refusal = await refusalOf(bench.index('alice', [{ person: bob }], collection));
      expect(refusal.code).toBe('AccessDeniedException');
      expect(refusal.message).toContain('one-subject');
      expect(refusal.message).not.toMatch(/alice|bob/);
    }
    expect(await tally(bench.index('alice', [{ person: alice, turned: 0.2 }], 'd'))).toMatchObject({ stored: 1 });
    // Another purpose holds nothing of her yet, so its first face sets the likeness there.
    expect(await tally(bench.index('alice', [{ person: alice }], 'door'))).toMatchObject({ stored: 1 });
  });

  it('cannot be walked from one person to another in small steps below the floor of the purpose', async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    await bench.index('alice', [{ person: alice }]);
    // cos(0.4) is 0.92: above 80, below the floor of 95.
    expect((await refusalOf(bench.index('alice', [{ person: alice, turned: 0.4 }]))).code).toBe(
      'AccessDeniedException',
    );
  });

  it('lets only one of two different people win when both are sent first at once', async () => {
    const bench = await consentBench({ whileStoring: manyTurns });
    await bench.grant('alice');
    const results = await Promise.allSettled([
      bench.index('alice', [{ person: alice }]),
      bench.index('alice', [{ person: bob }]),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await bench.faces()).toHaveLength(1);
  });

  it("keeps a stranger's face out of a user, alike or not", async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    await bench.grant('bob');
    await bench.index('alice', [{ person: alice }]);
    // The very same face, enrolled under another name.
    await bench.index('bob', [{ person: alice }]);
    await bench.call('CreateUser', { CollectionId: 'c', UserId: 'alice' });
    const [own, strangers] = await bench.faces();
    const FaceIds = [strangers?.faceId ?? '', own?.faceId ?? ''];
    const { response } = await bench.call('AssociateFaces', { CollectionId: 'c', UserId: 'alice', FaceIds });
    expect(response).toMatchObject({
      AssociatedFaces: [{ FaceId: own?.faceId }],
      UnsuccessfulFaceAssociations: [{ FaceId: strangers?.faceId, Reasons: ['LOW_MATCH_CONFIDENCE'] }],
    });
    expect(JSON.stringify(response)).not.toContain('Confidence":');
  });

  it('under review gives a subject one face, and says the same whoever the next one shows', async () => {
    const bench = await consentBench({ collections: { c: 'family-reunification' } });
    await bench.grant('child-1', { purpose: 'family-reunification', method: 'guardian-form', guardian, minor: true });
    await bench.index('child-1', [{ person: alice }]);
    const alike = await refusalOf(bench.index('child-1', [{ person: alice, turned: 0.01 }]));
    const unlike = await refusalOf(bench.index('child-1', [{ person: bob }]));
    expect(alike).toEqual(unlike);
    expect(alike.code).toBe('AccessDeniedException');
  });
});

describe('minors and guardians, attacked', () => {
  it('takes no consent of a minor without a guardian', async () => {
    const bench = await consentBench();
    for (const terms of [
      { minor: true },
      { minor: true, method: 'guardian-form' },
      { minor: true, guardian: { name: ' ', relation: 'mother' } },
      { minor: true, method: 'legal-basis', legalBasis: 'an order' },
    ] as const) {
      expect((await refusalOf(bench.grant('child-1', terms))).code).toBe('InvalidParameterException');
    }
    expect(bench.marked).toEqual([]);
    await bench.grant('child-1', { minor: true, guardian });
    expect(bench.marked).toEqual(['child-1']);
  });

  it('takes neither guardian nor legal basis for granted where the purpose asks for one', async () => {
    const bench = await consentBench();
    const purpose = 'family-reunification';
    for (const terms of [
      { purpose },
      { purpose, method: 'legal-basis' },
      { purpose, method: 'legal-basis', legalBasis: ' ' },
      { purpose, method: 'signed-form', legalBasis: 'an order' },
    ] as const) {
      expect((await refusalOf(bench.grant('adult-1', terms))).code).toBe('InvalidParameterException');
    }
    const { receipt } = await bench.grant('adult-1', {
      purpose,
      method: 'legal-basis',
      legalBasis: 'Court order 7/27',
    });
    expect(receipt.processing.purposes[0]).toMatchObject({
      lawful_basis: 'legal-basis',
      legal_basis_reference: 'Court order 7/27',
    });
  });

  it("lets no new receipt of a guardian, or of anyone, outweigh the child's objection", async () => {
    const bench = await consentBench();
    const terms = { minor: true, guardian, method: 'guardian-form' } as const;
    const about = { subject: 'child-1', purpose: 'identity-verification' };
    await bench.grant('child-1', terms);
    await bench.index('child-1', [{ person: alice }]);
    const { response } = await bench.call('RecordObjection', { ...about, method: 'verbal-recorded' });
    expect((response as OwnResponseOf<'RecordObjection'>).certificate.counts).toMatchObject({
      faces: { before: 1, after: 0 },
    });
    expect(await bench.faces()).toEqual([]);

    for (const again of [terms, { ...terms, guardian: { name: 'Another', relation: 'father' } }, {}]) {
      const refusal = await refusalOf(bench.grant('child-1', again));
      expect(refusal.code).toBe('AccessDeniedException');
      expect(refusal.message).toContain('objected');
    }
    const rows = [bench.terms('child-1', terms), bench.terms('carol')];
    const imported = (await bench.call('ImportConsents', { rows })).response as OwnResponseOf<'ImportConsents'>;
    expect(imported.results).toMatchObject([{ code: 'AccessDeniedException' }, { created: true }]);
    expect((await refusalOf(bench.index('child-1', [{ person: alice }]))).code).toBe('AccessDeniedException');

    await bench.call('LiftObjection', { ...about, method: 'verbal-recorded' });
    await bench.grant('child-1', terms);
    expect(await tally(bench.index('child-1', [{ person: alice }]))).toMatchObject({ stored: 1 });
  });

  it('keeps an objection recorded before anyone consented', async () => {
    const bench = await consentBench();
    const about = { subject: 'child-1', purpose: 'identity-verification', method: 'in-app' };
    await bench.call('RecordObjection', about);
    expect((await refusalOf(bench.grant('child-1', { minor: true, guardian }))).code).toBe('AccessDeniedException');
  });
});

describe('what is left of a withdrawn consent', () => {
  it('names neither subject nor guardian, and neither does the audit', async () => {
    const bench = await consentBench();
    const { receiptId, receipt, token } = await bench.grant('child-99', {
      minor: true,
      guardian,
      evidence: 'cabinet 7',
    });
    await bench.withdraw({ receiptId });
    const left = await bench.book.find(receiptId);
    const found = await bench.book.findByToken(token ?? '');
    expect(found?.kept).toEqual(left?.kept);
    expect(left?.state).toBe('withdrawn');
    for (const word of ['child-99', 'A Guardian', 'mother', 'cabinet', receipt.salt, token]) {
      expect(JSON.stringify(left)).not.toContain(word);
      expect(JSON.stringify(bench.records())).not.toContain(word);
    }
  });

  it('erases what was enrolled in every collection of the purpose before it answers, and nothing of others', async () => {
    const bench = await consentBench({
      collections: { c: 'identity-verification', d: 'identity-verification', door: 'access-control' },
    });
    await bench.grant('alice');
    await bench.grant('alice', { purpose: 'access-control' });
    await bench.grant('bob');
    await bench.index('alice', [{ person: alice }], 'c');
    await bench.index('alice', [{ person: alice }], 'd');
    await bench.index('alice', [{ person: alice }], 'door');
    await bench.index('bob', [{ person: bob }], 'c');
    await bench.withdraw({ subject: 'alice', purpose: 'identity-verification' });
    expect((await bench.faces('c')).map(({ externalImageId }) => externalImageId)).toEqual(['bob']);
    expect(await bench.faces('d')).toEqual([]);
    expect(await bench.faces('door')).toHaveLength(1);
  });

  it('ends every receipt of the subject, so that a spare one keeps nothing alive', async () => {
    const bench = await consentBench();
    const first = await bench.grant('alice');
    await bench.grant('alice', { expiresAt: '2027-06-01' });
    const { receipts } = await bench.withdraw({ receiptId: first.receiptId });
    expect(receipts.map(({ state }) => state)).toEqual(['withdrawn', 'withdrawn']);
    expect((await refusalOf(bench.index('alice', [{ person: alice }]))).code).toBe('AccessDeniedException');
  });

  it('lets nobody be enrolled, or consent anew, while an erasure that failed is not done', async () => {
    let broken = true;
    const bench = await consentBench({
      eraser: (usual) => ({
        eraseSubject: (request) =>
          broken ? Promise.reject(new Error('the disk is full')) : usual.eraseSubject(request),
      }),
    });
    await bench.grant('alice');
    await bench.index('alice', [{ person: alice }]);
    const about = { subject: 'alice', purpose: 'identity-verification' };
    await expect(bench.withdraw(about)).rejects.toThrow('the disk is full');
    expect((await refusalOf(bench.index('alice', [{ person: alice }]))).code).toBe('AccessDeniedException');
    expect((await refusalOf(bench.grant('alice'))).code).toBe('ConflictException');
    expect(await bench.book.settleDue(10)).toEqual({ settled: 0, failed: 1 });
    broken = false;
    bench.pass(3_600_000);
    expect(await bench.book.settleDue(10)).toEqual({ settled: 1, failed: 0 });
    expect(await bench.faces()).toEqual([]);
    expect((await bench.grant('alice')).created).toBe(true);
  });
});
