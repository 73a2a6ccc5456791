import { describe, expect, it } from 'vitest';
import { callerWith, collectionOf, gateBench, refusalOf } from '../../../tests/builders/gate.ts';
import { loadPolicy, type PurposeName, purposeNames } from '../index.ts';
import { readTellingMatches } from '../telling-matches.ts';
import { twoReviewers } from './two-reviewers.ts';

const one = (purpose: string) => gateBench({ collections: [collectionOf(purpose)] });
const arn = 'arn:aws:rekognition:us-east-1:000000000000:collection/c';

describe('key-allows-operation', () => {
  it('lets a key call what it lists', async () => {
    const bench = one('photo-library');
    await bench.call('ListFaces', { CollectionId: 'c' }, callerWith({ operations: ['ListFaces'] }));
    expect(bench.ran).toHaveLength(1);
  });

  it("refuses the rest in AWS's words", async () => {
    const bench = one('photo-library');
    const refusal = await refusalOf(
      bench.call('DeleteFaces', { CollectionId: 'c' }, callerWith({ operations: ['ListFaces'] })),
    );
    expect(refusal).toEqual({
      code: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::000000000000:user/operator is not authorized to perform: rekognition:DeleteFaces ' +
        'on resource: arn:aws:rekognition:us-east-1:000000000000:collection/c',
    });
    expect(bench.ran).toEqual([]);
    expect(bench.records()).toMatchObject([{ kind: 'refusal', rule: 'key-allows-operation', collection: 'c' }]);
  });
});

describe('key-allows-collection', () => {
  it.each([
    ['ListFaces', { CollectionId: 'c' }],
    ['CreateCollection', { CollectionId: 'c' }],
    ['TagResource', { ResourceArn: arn, Tags: { a: 'b' } }],
  ])('lets a key that lists the collection call %s', async (operation, request) => {
    const bench = one('photo-library');
    await bench.call(operation, request, callerWith({ collections: ['c'] }));
    expect(bench.ran).toHaveLength(1);
  });

  it.each([
    ['ListFaces', { CollectionId: 'c' }],
    ['CreateCollection', { CollectionId: 'c' }],
    ['TagResource', { ResourceArn: arn, Tags: { a: 'b' } }],
    ['ListFaces', { CollectionId: 'absent' }],
  ])('refuses %s on any other, and does not look whether it exists', async (operation, request) => {
    const bench = one('photo-library');
    const refusal = await refusalOf(bench.call(operation, request, callerWith({ collections: ['other', 'C'] })));
    expect(refusal.code).toBe('AccessDeniedException');
    expect(bench.lookedUp).toEqual([]);
  });

  it('leaves calls without a collection alone', async () => {
    const bench = one('photo-library');
    await bench.call('DetectFaces', {}, callerWith({ collections: [] }));
    expect(bench.ran).toHaveLength(1);
  });
});

describe('key-has-purpose', () => {
  it.each(purposeNames)('refuses a collection for %s to a key that does not list it', async (purpose) => {
    const bench = one(purpose);
    const others = purposeNames.filter((name) => name !== purpose);
    const refusal = await refusalOf(bench.call('ListFaces', { CollectionId: 'c' }, callerWith({ purposes: others })));
    expect(refusal.code).toBe('AccessDeniedException');
    expect(refusal.message).toContain(purpose);
    await bench.call('ListFaces', { CollectionId: 'c' }, callerWith({ purposes: [purpose] }));
    expect(bench.ran).toHaveLength(1);
  });

  it('refuses to make a collection for a purpose that the key does not list', async () => {
    const bench = gateBench();
    const request = { CollectionId: 'n', Tags: { 'likeness:purpose': 'access-control' } };
    const refusal = await refusalOf(
      bench.call('CreateCollection', request, callerWith({ purposes: ['photo-library'] })),
    );
    expect(refusal.code).toBe('AccessDeniedException');
  });
});

describe('key-declares-no-refused-class', () => {
  it('refuses every call of a key that declares one, whatever else it lists', async () => {
    const bench = one('photo-library');
    const caller = callerWith({ purposes: ['photo-library', 'Police'] });
    for (const operation of ['DetectFaces', 'ListFaces']) {
      const refusal = await refusalOf(bench.call(operation, { CollectionId: 'c' }, caller));
      expect(refusal.code).toBe('AccessDeniedException');
      expect(refusal.message).toContain('docs/accountability.md#law-enforcement-identification');
    }
    expect(bench.ran).toEqual([]);
  });
});

describe('the purpose of a call', () => {
  it('is the one its collection was made for', async () => {
    const bench = one('media-archive');
    await bench.call('SearchFaces', { CollectionId: 'c' });
    expect(bench.ran[0]?.grant).toMatchObject({ purpose: 'media-archive', similarityFloor: 90 });
  });

  it("is the first of the key's where there is no collection", async () => {
    const bench = gateBench();
    await bench.call('CompareFaces', {}, callerWith({ purposes: ['access-control', 'photo-library'] }));
    expect(bench.ran[0]?.grant).toMatchObject({
      purpose: 'access-control',
      similarityFloor: 99,
      scope: { kind: 'none' },
    });
  });

  it('is the configured default for a new collection without the tag', async () => {
    const bench = gateBench({ settings: { defaultPurpose: 'media-archive' } });
    await bench.call('CreateCollection', { CollectionId: 'n', Tags: { team: 'a' } });
    expect(bench.ran[0]?.grant.purpose).toBe('media-archive');
  });

  it('is the tag of a new collection', async () => {
    const bench = gateBench();
    await bench.call('CreateCollection', { CollectionId: 'n', Tags: { 'likeness:purpose': 'access-control' } });
    expect(bench.ran[0]?.grant).toMatchObject({
      purpose: 'access-control',
      scope: { kind: 'collection', collectionId: 'n' },
    });
  });

  it('is not changed by anything in the request', async () => {
    const bench = one('media-archive');
    const request = {
      CollectionId: 'c',
      Tags: { 'likeness:purpose': 'photo-library' },
      'likeness:purpose': 'evaluation',
    };
    await bench.call('SearchFaces', request);
    expect(bench.ran[0]?.grant.purpose).toBe('media-archive');
  });

  it.each(['wedding', '', 'Photo-Library', 'phоto-library'])(
    'is refused with the list of six when %j is declared',
    async (purpose) => {
      const bench = gateBench();
      const request = { CollectionId: 'n', Tags: { 'likeness:purpose': purpose } };
      const refusal = await refusalOf(bench.call('CreateCollection', request));
      expect(refusal.code).toBe('InvalidParameterException');
      for (const name of purposeNames) expect(refusal.message).toContain(name);
    },
  );

  it.each(['law-enforcement', 'Suspect Identification', 'роliсе', 'SURVEILLANCE', 'scraped', 'hiring', 'race'])(
    'is refused with the rule when %j is declared, whatever the configuration says',
    async (purpose) => {
      const bench = gateBench({ settings: { photoLibraryAttributes: ['emotions', 'gender'] } });
      const request = { CollectionId: 'n', Tags: { 'likeness:purpose': purpose } };
      const refusal = await refusalOf(bench.call('CreateCollection', request));
      expect(refusal.code).toBe('AccessDeniedException');
      expect(refusal.message).toMatch(/Rule: [a-z-]+; see docs\/accountability\.md#[a-z-]+\./);
      expect(bench.records()[0]?.rule).toMatch(/^refused-class\//);
    },
  );

  it('is never a default that is none of the six', () => {
    for (const defaultPurpose of ['law-enforcement', 'anything']) {
      expect(() => gateBench({ settings: { defaultPurpose: defaultPurpose as 'evaluation' } })).toThrow(
        /default purpose/,
      );
    }
  });

  it('is denied where the stored one is no purpose', async () => {
    const refusal = await refusalOf(one('something-else').call('ListFaces', { CollectionId: 'c' }));
    expect(refusal.code).toBe('AccessDeniedException');
    const noPurpose = await refusalOf(gateBench().call('DetectFaces', {}, callerWith({ purposes: [] })));
    expect(noPurpose.code).toBe('AccessDeniedException');
  });

  it('names a collection that does not exist as AWS does', async () => {
    expect(await refusalOf(gateBench().call('ListFaces', { CollectionId: 'x' }))).toEqual({
      code: 'ResourceNotFoundException',
      message: 'The collection id: x does not exist',
    });
  });
});

describe('a resource', () => {
  it.each([arn, 'aws:rekognition:us-east-1:000000000000:collection/c'])(
    'is the collection of %s',
    async (ResourceArn) => {
      const bench = one('photo-library');
      await bench.call('ListTagsForResource', { ResourceArn });
      expect(bench.ran[0]?.grant.scope).toEqual({ kind: 'collection', collectionId: 'c' });
    },
  );

  it.each([
    ['arn:aws:rekognition:us-east-1:000000000000:collection/absent', 'ResourceNotFoundException'],
    ['arn:aws:rekognition:us-east-1:111111111111:collection/c', 'ResourceNotFoundException'],
    ['arn:aws:rekognition:eu-west-1:000000000000:collection/c', 'ResourceNotFoundException'],
    ['arn:aws:rekognition:us-east-1:000000000000:project/c', 'ResourceNotFoundException'],
    ['arn:aws:rekognition:us-east-1:000000000000:collection/../c', 'ResourceNotFoundException'],
    ['arn:aws:s3:us-east-1:000000000000:collection/c', 'InvalidParameterException'],
    ['c', 'InvalidParameterException'],
    [undefined, 'InvalidParameterException'],
  ])('is not found behind %s', async (ResourceArn, code) => {
    const bench = one('photo-library');
    expect((await refusalOf(bench.call('ListTagsForResource', { ResourceArn }))).code).toBe(code);
    expect(bench.ran).toEqual([]);
    expect(bench.records()).toMatchObject([{ kind: 'refusal', code }]);
  });
});

describe('reserved-tags', () => {
  const spellings = [
    'likeness:purpose',
    'likeness:data-set-licence',
    'likeness:anything',
    'Likeness:Purpose',
    'LIKENESS:PURPOSE',
    'lіkeness:purpose', // Cyrillic і
    'likeness\u02d0purpose', // a letter that looks like a colon
    ' likeness:purpose',
    'like\u2009ness:purpose',
    'like\u200bness:purpose',
    'ｌikeness:purpose',
  ];

  it.each(spellings)('lets no one set or remove %j afterwards', async (key) => {
    const bench = one('access-control');
    const set = await refusalOf(
      bench.call('TagResource', { ResourceArn: arn, Tags: { ok: '1', [key]: 'photo-library' } }),
    );
    const removed = await refusalOf(bench.call('UntagResource', { ResourceArn: arn, TagKeys: ['ok', key] }));
    expect([set.code, removed.code]).toEqual(['InvalidParameterException', 'InvalidParameterException']);
    expect(bench.ran).toEqual([]);
  });

  it.each(['purpose', 'team', 'likeness', 'my-likeness:purpose', 'alikeness:x'])(
    'leaves %j to its owner',
    async (key) => {
      const bench = one('access-control');
      await bench.call('TagResource', { ResourceArn: arn, Tags: { [key]: 'x' } });
      await bench.call('UntagResource', { ResourceArn: arn, TagKeys: [key] });
      expect(bench.ran).toHaveLength(2);
    },
  );

  it('names the rule when a refused class is declared afterwards', async () => {
    for (const key of ['likeness:purpose', 'Likeness:Purpose', 'lіkeness:purpose']) {
      const refusal = await refusalOf(
        one('photo-library').call('TagResource', { ResourceArn: arn, Tags: { [key]: 'police' } }),
      );
      expect(refusal).toMatchObject({ code: 'AccessDeniedException' });
      expect(refusal.message).toContain('law-enforcement-identification');
    }
  });

  it.each(['likeness:other', 'Likeness:Purpose', 'lіkeness:purpose'])('keeps %j off a new collection', async (key) => {
    const bench = gateBench();
    const refusal = await refusalOf(
      bench.call('CreateCollection', { CollectionId: 'n', Tags: { [key]: 'evaluation' } }),
    );
    expect(refusal.code).toBe('InvalidParameterException');
    expect(bench.ran).toEqual([]);
  });
});

describe('two purpose tags that look the same', () => {
  it('do not make a collection for the harmless one', async () => {
    const bench = gateBench();
    const tags = { 'likeness:purpose': 'photo-library', 'lіkeness:purpose': 'Suspect Search' };
    const refusal = await refusalOf(bench.call('CreateCollection', { CollectionId: 'n', Tags: tags }));
    expect(refusal.code).toBe('AccessDeniedException');
    expect(bench.ran).toEqual([]);
  });
});

describe('data-set-licence', () => {
  it.each([{}, { 'likeness:data-set-licence': '' }, { 'likeness:data-set-licence': ' ' }, { 'data-set-licence': 'x' }])(
    'refuses a collection for evaluation with the tags %j',
    async (tags) => {
      const bench = gateBench();
      const request = { CollectionId: 'n', Tags: { 'likeness:purpose': 'evaluation', ...tags } };
      const refusal = await refusalOf(bench.call('CreateCollection', request));
      expect(refusal.code).toBe('InvalidParameterException');
      expect(refusal.message).toContain('likeness:data-set-licence');
    },
  );

  it('makes one with the licence on record, and asks it of no other purpose', async () => {
    const bench = gateBench();
    const tags = { 'likeness:purpose': 'evaluation', 'likeness:data-set-licence': 'research only' };
    await bench.call('CreateCollection', { CollectionId: 'n', Tags: tags });
    await bench.call('CreateCollection', { CollectionId: 'm', Tags: { 'likeness:purpose': 'media-archive' } });
    expect(bench.ran).toHaveLength(2);
  });
});

const enrolments = [
  ['IndexFaces', { CollectionId: 'c', ExternalImageId: 'subject-7' }],
  ['AssociateFaces', { CollectionId: 'c', UserId: 'subject-7' }],
  ['CreateUser', { CollectionId: 'c', UserId: 'subject-7' }],
] as const;

describe('active-consent', () => {
  describe.each(['identity-verification', 'access-control', 'family-reunification'])('under %s', (purpose) => {
    it.each(enrolments)('refuses %s of a subject without a receipt', async (operation, request) => {
      const bench = one(purpose);
      const refusal = await refusalOf(bench.call(operation, request));
      expect(refusal.code).toBe('AccessDeniedException');
      expect(refusal.message).toContain('active consent receipt');
      expect(refusal.message).not.toContain('subject-7');
      expect(JSON.stringify(bench.records())).not.toContain('subject-7');
      expect(bench.ran).toEqual([]);
    });

    it.each(enrolments)(
      'lets %s of a subject with a receipt for this purpose and collection',
      async (operation, request) => {
        const asked: unknown[] = [];
        const bench = gateBench({
          collections: [collectionOf(purpose)],
          consent: {
            async activeReceipt(subject) {
              asked.push(subject);
              return { receiptId: 'r' };
            },
          },
        });
        await bench.call(operation, request);
        expect(asked).toEqual([{ purpose, collectionId: 'c', subject: 'subject-7' }]);
        expect(bench.ran).toHaveLength(1);
      },
    );

    it('refuses to index a subject that is not named, receipts or not', async () => {
      const consent = { activeReceipt: async () => ({ receiptId: 'r' }) };
      const bench = gateBench({ collections: [collectionOf(purpose)], consent });
      for (const request of [{ CollectionId: 'c' }, { CollectionId: 'c', ExternalImageId: '' }]) {
        expect((await refusalOf(bench.call('IndexFaces', request))).code).toBe('AccessDeniedException');
      }
    });

    it('lets what enrols no one', async () => {
      const bench = one(purpose);
      for (const operation of ['DescribeCollection', 'ListFaces', 'DeleteFaces', 'DeleteUser', 'DeleteCollection']) {
        await bench.call(operation, { CollectionId: 'c', UserId: 'u' });
      }
      expect(bench.ran).toHaveLength(5);
    });
  });

  it.each(['photo-library', 'media-archive', 'evaluation'])('asks for nothing under %s', async (purpose) => {
    const bench = one(purpose);
    for (const [operation, request] of enrolments) await bench.call(operation, request);
    expect(bench.ran).toHaveLength(3);
  });

  it('refuses when the ledger cannot be read', async () => {
    const consent = { activeReceipt: () => Promise.reject(new Error('unreadable')) };
    const bench = gateBench({ collections: [collectionOf('access-control')], consent });
    const refusal = await refusalOf(bench.call(...enrolments[0]));
    expect(refusal.code).toBe('InternalServerError');
    expect(bench.ran).toEqual([]);
    expect(bench.records()).toMatchObject([{ kind: 'refusal', code: 'InternalServerError', collection: 'c' }]);
  });
});

describe('two-reviewers', () => {
  const refused = [...readTellingMatches()].filter(([, way]) => way === 'refused').map(([name]) => name);
  const withheld = ['SearchFaces', 'SearchFacesByImage', 'SearchUsers', 'SearchUsersByImage'];
  const judged = (operation: string, purpose: PurposeName) =>
    twoReviewers.judge(
      {
        call: { operation, request: {}, caller: callerWith(), requestId: 'r', signal: new AbortController().signal },
        target: { kind: 'none' },
        roles: [],
        account: { region: 'us-east-1', accountId: '000000000000' },
        purpose: loadPolicy().purposes[purpose],
      },
      { policy: loadPolicy(), consent: { activeReceipt: async () => undefined }, budgets: {} as never },
    );

  it.each(refused)('refuses %s under family-reunification, since nothing would withhold its matches', (operation) => {
    expect(judged(operation, 'family-reunification')).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('docs/accountability.md#review'),
    });
  });

  it.each(refused)('does not mind %s under other purposes', (operation) => {
    for (const purpose of purposeNames.filter((name) => name !== 'family-reunification')) {
      expect(judged(operation, purpose)).toBeUndefined();
    }
  });

  it.each(withheld)('lets %s run under a grant that says what must be withheld', async (operation) => {
    for (const purpose of purposeNames) {
      const bench = one(purpose);
      await bench.call(operation, { CollectionId: 'c' });
      expect(bench.ran[0]?.grant.review).toBe(purpose === 'family-reunification' ? 'two-reviewers' : 'none');
    }
  });
});

describe('audit-needs-whole-key', () => {
  it.each(['ListAuditRecords', 'VerifyAudit'])('refuses %s to a key limited to some collections', async (operation) => {
    const bench = gateBench();
    expect((await refusalOf(bench.call(operation, {}, callerWith({ collections: ['c'] })))).code).toBe(
      'AccessDeniedException',
    );
    await bench.call(operation);
    expect(bench.ran).toHaveLength(1);
  });

  it('lets every key read the policy', async () => {
    const bench = gateBench();
    await bench.call('GetPolicy', {}, callerWith({ collections: [] }));
    expect(bench.ran).toHaveLength(1);
  });
});
