import { describe, expect, it } from 'vitest';
import { consentBench, dayMs, startMs } from '../../../tests/builders/consent.ts';
import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import { verifyDocument } from '../../shared/signing.ts';
import { receiptSource } from './index.ts';

const about = { subject: 'alice', purpose: 'identity-verification' } as const;

describe('a consent receipt', () => {
  it('is signed, names its terms as the standard has them, and lasts as long as the purpose at most', async () => {
    const bench = await consentBench();
    const { receipt, receiptId } = await bench.grant('alice', { evidence: 'cabinet 7', language: 'de' });
    expect(verifyDocument(bench.keyring.signer.publicKeyPem, receipt)).toBe(true);
    expect(receipt).toMatchObject({
      receipt_id: receiptId,
      header: { pii_principal_id: 'alice', minor: false },
      processing: {
        language: 'de',
        purposes: [{ purpose: 'identity-verification', lawful_basis: 'explicit-consent', retention_period: 'P365D' }],
      },
      parties: [{ party_type: 'controller', party_name: 'Test House' }],
      event: {
        event_time: new Date(startMs).toISOString(),
        valid_until: new Date(startMs + 365 * dayMs).toISOString(),
        validity_duration: 'P365D',
        entity_id: 'pii-principal',
        recorded_by: 'operator',
        evidence: 'cabinet 7',
      },
    });
    const text = 'We keep a template of your face to check that you are you.';
    expect(receipt.processing.privacy_notice).toEqual({ sha256: sha256Hex(text), text });
  });

  it('is found by its token, which is kept nowhere, and by no other', async () => {
    const bench = await consentBench();
    const { token = '', receiptId } = await bench.grant('alice');
    expect((await bench.book.findByToken(token))?.kept.receiptId).toBe(receiptId);
    for (const other of [`${token.slice(0, -1)}${token.endsWith('A') ? 'Q' : 'A'}`, '', token.slice(1), `${token} `]) {
      expect(await bench.book.findByToken(other)).toBeUndefined();
    }
    expect(JSON.stringify(await bench.book.find(receiptId))).not.toContain(token);
  });

  it('is not made twice for the very same terms', async () => {
    const bench = await consentBench();
    const terms = { grantedAt: '2027-02-01' };
    const first = await bench.grant('alice', terms);
    const again = await bench.grant('alice', terms);
    expect(again).toEqual({ receiptId: first.receiptId, created: false, receipt: first.receipt });
    expect((await bench.grant('alice', { ...terms, expiresAt: '2027-05-01' })).created).toBe(true);
  });

  it('can be told by its hash once it is gone, and by nothing else', async () => {
    const bench = await consentBench();
    const { receipt, receiptId } = await bench.grant('alice');
    const { receipts, certificate } = await bench.withdraw({ receiptId });
    const digest = sha256Hex(canonicalJson(receipt));
    expect(receipts).toMatchObject([{ receiptId, state: 'withdrawn', receiptSha256: digest }]);
    expect(receipts[0]).not.toHaveProperty('subject');
    const kept = (await bench.book.find(receiptId))?.kept;
    expect(kept).toMatchObject({ certificateId: certificate.certificateId });
    const { withdrawal } = kept ?? {};
    expect(withdrawal).toMatchObject({ receipt_sha256: digest, event_state: 'consent-withdrawn' });
    expect(withdrawal && verifyDocument(bench.keyring.signer.publicKeyPem, withdrawal)).toBe(true);
    expect((await bench.book.list({ ...about, limit: 10 })).found).toEqual([]);
  });
});

describe('the list of receipts', () => {
  it('gives every receipt once, page by page, whatever it is filtered by', async () => {
    const bench = await consentBench();
    for (let i = 0; i < 25; i += 1) await bench.grant(`s-${i}`, i % 5 === 0 ? { expiresAt: '2027-03-03' } : {});
    await bench.grant('s-1', { purpose: 'access-control' });
    bench.pass(5 * dayMs);
    const all = async (filter: Parameters<typeof bench.book.list>[0]) => {
      const seen: string[] = [];
      for (let after: string | undefined, more = true; more; more = after !== undefined) {
        const page = await bench.book.list({ ...filter, ...(after !== undefined && { after }) });
        expect(page.found.length).toBeLessThanOrEqual(filter.limit);
        seen.push(...page.found.map(({ kept }) => kept.receiptId));
        after = page.next;
      }
      expect(new Set(seen).size).toBe(seen.length);
      return seen.length;
    };
    expect(await all({ limit: 4 })).toBe(26);
    expect(await all({ limit: 3, state: 'active' })).toBe(21);
    expect(await all({ limit: 5, state: 'expired' })).toBe(5);
    expect(await all({ limit: 5, state: 'withdrawn' })).toBe(0);
    expect(await all({ limit: 7, purpose: 'access-control' })).toBe(1);
    expect(await all({ limit: 1, subject: 's-1' })).toBe(2);
    expect(await all({ limit: 1, subject: 's-1', purpose: 'access-control', state: 'active' })).toBe(1);
  });
});

describe('consents that run out', () => {
  it('erase their subject at the next sweep, unless another carries on', async () => {
    const bench = await consentBench();
    const short = await bench.grant('alice', { expiresAt: '2027-03-10' });
    await bench.grant('bob', { expiresAt: '2027-03-10' });
    const renewed = await bench.grant('alice', { expiresAt: '2027-09-01' });
    await bench.index('alice', [{ person: 1 }]);
    await bench.index('bob', [{ person: 2 }]);
    expect(await bench.book.settleDue(10)).toEqual({ settled: 0, failed: 0 });
    bench.pass(20 * dayMs);
    expect(await bench.book.settleDue(10)).toEqual({ settled: 2, failed: 0 });
    expect((await bench.faces()).map(({ externalImageId }) => externalImageId)).toEqual(['alice']);
    expect((await bench.book.find(short.receiptId))?.kept.held).toBeUndefined();
    expect(await bench.book.activeReceipt({ ...about, collectionId: 'c' })).toEqual({ receiptId: renewed.receiptId });
    expect(await bench.book.settleDue(10)).toEqual({ settled: 0, failed: 0 });
  });
});

describe('a legal hold', () => {
  it('ends the consent, keeps what it covers until it is lifted, and is not asked again every hour', async () => {
    let asked = 0;
    const bench = await consentBench({
      eraser: (usual) => ({
        async eraseSubject(request) {
          asked += 1;
          const certificate = await usual.eraseSubject({ ...request, subject: 'nobody' });
          return { ...certificate, suspendedBy: ['hold-1'] };
        },
      }),
    });
    const { receiptId } = await bench.grant('alice');
    const { certificate } = await bench.withdraw({ receiptId });
    expect(certificate).toMatchObject({ suspendedBy: ['hold-1'] });
    expect(await bench.book.activeReceipt({ ...about, collectionId: 'c' })).toBeUndefined();
    expect((await bench.book.find(receiptId))?.kept.held?.subject).toBe('alice');
    bench.pass(dayMs);
    expect(await bench.book.settleDue(10)).toEqual({ settled: 0, failed: 0 });
    expect(asked).toBe(1);

    const source = receiptSource({
      documents: bench.stores.documents,
      signer: bench.keyring.signer,
      clock: bench.clock,
    });
    const target = { kind: 'subject', ...about } as const;
    expect(await source.count(target)).toEqual([{ kind: 'receipts', count: 1 }]);
    await source.erase(target);
    expect(await source.count(target)).toEqual([{ kind: 'receipts', count: 0 }]);
    expect((await bench.book.find(receiptId))?.kept).not.toHaveProperty('held');
    expect((await bench.book.find(receiptId))?.state).toBe('withdrawn');
  });
});

describe('receipts that a restored backup brings back', () => {
  it('are told to the replay, and count no more after it', async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    await bench.grant('bob');
    const source = receiptSource({
      documents: bench.stores.documents,
      signer: bench.keyring.signer,
      clock: bench.clock,
    });
    const held: unknown[] = [];
    for await (const thing of source.held()) held.push(thing);
    expect(held).toContainEqual({ what: 'receipt', ...about, storedAtMs: startMs });
    expect(held).toHaveLength(2);
    await source.erase({ kind: 'subject', subject: 'alice' });
    expect(await bench.book.activeReceipt({ ...about, collectionId: 'c' })).toBeUndefined();
    expect(await bench.book.activeReceipt({ ...about, subject: 'bob', collectionId: 'c' })).toBeDefined();
  });
});

describe('the audit', () => {
  it("follows a subject's consents under one pseudonym until it is erased, and under another after that", async () => {
    const bench = await consentBench();
    await bench.grant('alice');
    const { receiptId } = await bench.grant('alice', { expiresAt: '2027-06-01' });
    await bench.withdraw({ receiptId });
    await bench.grant('alice');
    const subjects = bench
      .records()
      .filter(({ kind }) => kind === 'outcome')
      .map(({ subjects }) => subjects?.[0]);
    expect(subjects).toHaveLength(4);
    expect(new Set(subjects.slice(0, 3)).size).toBe(1);
    expect(subjects[3]).not.toBe(subjects[0]);
  });
});
