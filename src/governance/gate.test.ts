import { describe, expect, it } from 'vitest';
import { callerWith, collectionOf, gateBench, memoryAuditStore, refusalOf } from '../../tests/builders/gate.ts';
import { ServiceError } from '../contract/index.ts';
import { defineOperation } from './index.ts';

const collections = [collectionOf('media-archive')];
const search = ['SearchFaces', { CollectionId: 'c' }] as const;

describe('the gate', () => {
  it('writes the decision before the operation runs and the outcome before it answers', async () => {
    const seen: string[][] = [];
    const auditStore = memoryAuditStore();
    const kinds = () => auditStore.kept.map((entry) => (JSON.parse(entry.body) as { kind: string }).kind);
    const bench = gateBench({
      collections,
      auditStore,
      run: () => {
        seen.push(kinds());
      },
    });
    await bench.call(...search);
    expect(seen).toEqual([['decision']]);
    expect(kinds()).toEqual(['decision', 'outcome']);
  });

  it('records who called what on which collection under which purpose and policy', async () => {
    const bench = gateBench({
      collections,
      run({ notes }) {
        bench.pass(12);
        notes.count('facesFound', 2);
        notes.count('candidatesReturned', 3);
        notes.threshold(80, 90);
      },
    });
    await bench.call(...search);
    const about = {
      at: '1970-01-01T00:16:40.000Z',
      node: 'node-1',
      requestId: 'request-1',
      decisionId: 'decision-1',
      actor: { person: 'operator', accessKeyId: 'AKTEST' },
      operation: 'SearchFaces',
      collection: 'c',
      purpose: 'media-archive',
      policyDigest: bench.policy.digest,
    };
    expect(bench.records()).toMatchObject([
      { ...about, kind: 'decision', sequence: 1 },
      {
        ...about,
        at: '1970-01-01T00:16:40.012Z',
        kind: 'outcome',
        sequence: 2,
        effectiveThreshold: 90,
        counts: { facesFound: 2, candidatesReturned: 3 },
        durationMs: 12,
      },
    ]);
  });

  it('runs nothing when the decision cannot be recorded', async () => {
    const bench = gateBench({ collections, auditStore: memoryAuditStore({ fail: () => true }) });
    expect((await refusalOf(bench.call(...search))).code).toBe('InternalServerError');
    expect(bench.ran).toEqual([]);
  });

  it('releases no answer when the outcome cannot be recorded', async () => {
    const auditStore = memoryAuditStore({ fail: (body) => body.includes('"kind":"outcome"') });
    const bench = gateBench({ collections, auditStore, run: () => ({ FaceMatches: ['a match'] }) });
    const refusal = await refusalOf(bench.call(...search));
    expect(refusal.code).toBe('InternalServerError');
    expect(refusal.message).not.toContain('a match');
    expect(bench.ran).toHaveLength(1);
  });

  it('answers a refusal only when it could be recorded', async () => {
    const bench = gateBench({ collections, auditStore: memoryAuditStore({ fail: () => true }) });
    const refusal = await refusalOf(bench.call(...search, callerWith({ operations: [] })));
    expect(refusal.code).toBe('InternalServerError');
  });

  it('hands the operation just the capabilities it names', async () => {
    const bench = gateBench({
      collections,
      needs: ['account'],
      capabilitiesFor: () =>
        ({ account: { region: 'r' }, faceSearch: {}, faceEmbedder: {} }) as unknown as Record<string, never>,
    });
    await bench.call(...search);
    expect(bench.ran[0]?.granted).toEqual({ account: { region: 'r' } });
  });

  it('fails a call whose capability was not built, and records it', async () => {
    const bench = gateBench({ collections, needs: ['faceSearch'], capabilitiesFor: () => ({}) });
    await expect(bench.call(...search)).rejects.toThrow('faceSearch');
    expect(bench.ran).toEqual([]);
    expect(bench.records()[1]).toMatchObject({ kind: 'outcome', code: 'InternalServerError' });
  });

  it('grants for a limited time, as frozen data that survives a copy', async () => {
    const bench = gateBench({ collections });
    await bench.call(...search);
    const grant = bench.ran[0]?.grant;
    expect(grant).toMatchObject({ decisionId: 'decision-1', issuedAtMs: 1_000_000, expiresAtMs: 1_060_000 });
    expect(structuredClone(grant)).toEqual(grant);
    expect(() => Object.assign(grant ?? {}, { similarityFloor: 0 })).toThrow(TypeError);
  });

  it('grants listing the collections that the key lists', async () => {
    const bench = gateBench({ needs: ['collectionCatalog'] });
    await bench.call('ListCollections', {}, callerWith({ collections: ['a'] }));
    expect(bench.ran[0]?.grant.scope).toEqual({ kind: 'account', collections: ['a'] });
  });

  it.each([
    ['photo-library', [], ['emotions', 'gender'], []],
    ['photo-library', ['emotions'], ['gender'], ['emotions']],
    ['photo-library', ['emotions', 'gender'], [], ['emotions', 'gender']],
    ['media-archive', ['emotions', 'gender'], ['emotions', 'gender'], []],
    ['access-control', ['emotions', 'gender'], ['emotions', 'gender'], []],
    ['evaluation', [], [], []],
  ] as const)('under %s with %j released withholds %j, and %j from minors', async (purpose, released, all, minors) => {
    const bench = gateBench({ settings: { photoLibraryAttributes: released } });
    await bench.call('DetectFaces', {}, callerWith({ purposes: [purpose] }));
    expect(bench.ran[0]?.grant).toMatchObject({ withheldAttributes: all, withheldFromMinors: minors });
  });

  it('says policy and purpose in the headers, and nothing more where no rule bit', async () => {
    const bench = gateBench({ collections, run: ({ notes }) => notes.threshold(95, 95) });
    expect((await bench.call(...search)).headers).toEqual({
      'x-likeness-policy': bench.policy.digest,
      'x-likeness-purpose': 'media-archive',
    });
  });

  it('says the threshold that was used and what was withheld in the headers', async () => {
    const bench = gateBench({
      collections,
      run({ notes }) {
        notes.threshold(80, 90);
        notes.withheld('gender');
        notes.withheld('emotions');
      },
    });
    expect((await bench.call(...search)).headers).toMatchObject({
      'x-likeness-similarity-threshold': '90',
      'x-likeness-withheld': 'emotions,gender',
    });
  });

  it("records and throws an operation's own error", async () => {
    const bench = gateBench({
      collections,
      run: () => {
        throw new ServiceError('InvalidParameterException', 'There are no faces in the image. Should be at least 1.');
      },
    });
    expect((await refusalOf(bench.call(...search))).code).toBe('InvalidParameterException');
    expect(bench.records()[1]).toMatchObject({ kind: 'outcome', code: 'InvalidParameterException' });
  });

  it("puts a store's error into AWS's terms where compose knows how", async () => {
    const bench = gateBench({
      collections,
      run: () => {
        throw new RangeError('full');
      },
      parts: {
        translateError: (error) =>
          error instanceof RangeError ? new ServiceError('ServiceQuotaExceededException', 'full') : undefined,
      },
    });
    expect((await refusalOf(bench.call(...search))).code).toBe('ServiceQuotaExceededException');
    expect(bench.records()[1]).toMatchObject({ code: 'ServiceQuotaExceededException' });
  });

  it('lets an unexpected error through as it is, recorded without its words', async () => {
    const bench = gateBench({
      collections,
      run: () => {
        throw new Error('a secret detail');
      },
    });
    await expect(bench.call(...search)).rejects.toThrow('a secret detail');
    expect(bench.records()[1]).toMatchObject({ code: 'InternalServerError' });
    expect(JSON.stringify(bench.records())).not.toContain('secret');
  });

  it('records a call whose client went away as cancelled', async () => {
    const caller = new AbortController();
    const bench = gateBench({
      collections,
      run({ signal }) {
        caller.abort();
        signal.throwIfAborted();
      },
    });
    await expect(bench.call(...search, callerWith(), caller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(bench.records()[1]).toMatchObject({ kind: 'outcome', code: 'cancelled' });
  });

  it('withholds the answer when the collection was made again under another purpose meanwhile', async () => {
    const bench = gateBench({
      collections: [collectionOf('photo-library')],
      run() {
        bench.collections.set('c', collectionOf('access-control'));
        return { FaceMatches: ['below the floor'] };
      },
    });
    expect((await refusalOf(bench.call(...search))).code).toBe('ResourceNotFoundException');
    expect(bench.records()[1]).toMatchObject({ kind: 'outcome', code: 'ResourceNotFoundException' });
  });

  it('answers the deletion of a collection', async () => {
    const bench = gateBench({
      collections,
      run() {
        bench.collections.delete('c');
        return { StatusCode: 200 };
      },
    });
    expect((await bench.call('DeleteCollection', { CollectionId: 'c' })).response).toEqual({ StatusCode: 200 });
  });

  it.each(['StartLabelDetection', 'toString', '__proto__', ''])('does not run %j, which has no code', async (name) => {
    expect((await refusalOf(gateBench().call(name))).code).toBe('UnknownOperationException');
  });

  it('keeps neither images nor names of the people in them in its records', async () => {
    const bench = gateBench({ collections });
    await bench.call('IndexFaces', {
      CollectionId: 'c',
      ExternalImageId: 'ada-lovelace',
      Image: { Bytes: new Uint8Array([255, 216, 255]), S3Object: { Bucket: 'holidays', Name: 'ada.jpg' } },
    });
    await bench.call('AssociateFaces', { CollectionId: 'c', UserId: 'ada', FaceIds: ['3f'] });
    await bench.call('SearchFacesByImage', {
      CollectionId: 'c',
      Image: { S3Object: { Bucket: 'holidays', Name: 'ada.jpg' } },
    });
    await bench.call('TagResource', {
      ResourceArn: 'arn:aws:rekognition:us-east-1:000000000000:collection/c',
      Tags: { who: 'ada' },
    });
    expect(bench.records()).toHaveLength(8);
    for (const word of ['ada', 'holidays', '255', '3f"', 'who'])
      expect(JSON.stringify(bench.records().map(({ hash: _, policyDigest: __, ...rest }) => rest))).not.toContain(word);
  });

  it('takes operations as defineOperation makes them', async () => {
    const describeCollection = defineOperation('DescribeCollection', ['account'], async (request, { account }) => ({
      CollectionARN: `${account.region}/${request.CollectionId}`,
    }));
    const bench = gateBench({
      collections,
      capabilitiesFor: () => ({ account: { region: 'r', accountId: '', collectionMaxFaces: 1, maxCollections: 1 } }),
      parts: { operations: { DescribeCollection: describeCollection } },
    });
    expect((await bench.call('DescribeCollection', { CollectionId: 'c' })).response).toEqual({ CollectionARN: 'r/c' });
  });
});
