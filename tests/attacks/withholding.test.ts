import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestOf } from '../../src/contract/index.ts';
import { refusalOf } from '../builders/gate.ts';
import { openReviewHouse, type Person, photoOf, type ReviewHouse } from '../builders/review-house.ts';

/**
 * Someone who may search, enrol and administer tries to learn, without two reviewers, whether the person in a photo is
 * in a collection whose purpose wants review. `anna` is in it and `zoe` is not; what tells them apart is a leak.
 */
let at: ReviewHouse;
const collection = 'missing';
const CollectionId = collection;

/** Each searcher searches once or twice, so that budgets, which have tests of their own, do not matter here. */
let used = 0;
const someone = (): Person => at.searchers[used++]!;

beforeAll(async () => {
  at = await openReviewHouse();
  await at.collection(collection, 'family-reunification', ['anna', 'bert', 'carla']);
  for (const user of ['anna', 'bert']) {
    await at.operator.ask('CreateUser', { CollectionId, UserId: user });
    await at.operator.ask('AssociateFaces', { CollectionId, UserId: user, FaceIds: [await faceOf(user)] });
  }
});
afterAll(() => at?.close());

async function faces() {
  return (await at.operator.ask('ListFaces', { CollectionId })).response.Faces ?? [];
}
async function faceOf(externalImageId: string): Promise<string> {
  return (await faces()).find((face) => face.ExternalImageId === externalImageId)?.FaceId ?? '';
}
const caseOf = (headers: Readonly<Record<string, string>>) => headers['x-likeness-review-case'] ?? '';
/** What must not differ: without ids that are random and what the request itself said. */
const shape = (headers: Readonly<Record<string, string>>) => Object.keys(headers).sort();

describe('SearchFacesByImage', () => {
  const search = (person: string, changes: Partial<RequestOf<'SearchFacesByImage'>> = {}) =>
    someone().ask('SearchFacesByImage', { CollectionId, Image: photoOf({ person, photo: used }), ...changes });

  it('answers who is there as who is not, and opens a case for both', async () => {
    const there = await search('anna');
    const away = await search('zoe');
    expect(there.response).toEqual(away.response);
    expect(there.response).toEqual({
      SearchedFaceBoundingBox: { Left: 0.05, Top: 0.1, Width: 0.15, Height: 0.3 },
      SearchedFaceConfidence: 99,
      FaceMatches: [],
      FaceModelVersion: expect.any(String),
    });
    expect(shape(there.headers)).toEqual(shape(away.headers));
    expect(caseOf(there.headers)).toMatch(/^[0-9a-f-]{36}$/);
    expect(caseOf(away.headers)).not.toBe(caseOf(there.headers));
  });

  it.each([
    ['a threshold of 0', { FaceMatchThreshold: 0 }],
    ['a threshold that is no number', { FaceMatchThreshold: Number.NaN }],
    ['a threshold below 0', { FaceMatchThreshold: -1 }],
    ['MaxFaces of 1', { MaxFaces: 1 }],
    ['MaxFaces of 4096', { MaxFaces: 4096 }],
    ['a quality filter', { QualityFilter: 'HIGH' as const }],
  ])('tells nothing with %s', async (_, changes) => {
    const there = await search('anna', changes);
    expect(there.response.FaceMatches).toEqual([]);
    expect(there.response).toEqual((await search('zoe', changes)).response);
  });

  it('tells nothing to any person that is no reviewer, whatever the key', async () => {
    for (const person of [at.operator, at.as('operator', { accessKeyId: 'AK2', collections: [collection] })]) {
      const { response } = await person.ask('SearchFacesByImage', { CollectionId, Image: photoOf('anna') });
      expect(response.FaceMatches).toEqual([]);
    }
  });

  it('does not tell by what it refuses: the budget of repeated probes counts those that match and those that do not', async () => {
    const outcomes = await Promise.all(
      [
        ['anna', someone()],
        ['zoe', someone()],
      ].map(async ([person, searcher]) => {
        const codes: string[] = [];
        for (let i = 0; i < 8; i += 1) {
          const request = { CollectionId, Image: photoOf(person as string) };
          codes.push(
            await (searcher as Person).ask('SearchFacesByImage', request).then(
              () => 'answered',
              (error: { code: string }) => error.code,
            ),
          );
        }
        return codes;
      }),
    );
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(outcomes[0]).toContain('ProvisionedThroughputExceededException');
  });
});

describe('SearchFaces', () => {
  it('does not tell that another face of the collection is alike', async () => {
    await at.collection('pairs', 'family-reunification', ['dora', 'emil']);
    await at.consent('dora-again', 'family-reunification');
    await at.operator.ask('IndexFaces', {
      CollectionId: 'pairs',
      ExternalImageId: 'dora-again',
      Image: photoOf({ person: 'dora', photo: 1 }),
    });
    const listed = (await at.operator.ask('ListFaces', { CollectionId: 'pairs' })).response.Faces ?? [];
    const answers = await Promise.all(
      ['dora', 'emil'].map(async (name) => {
        const FaceId = listed.find((face) => face.ExternalImageId === name)?.FaceId;
        const request = { CollectionId: 'pairs', FaceId, FaceMatchThreshold: 0 };
        const { response, headers } = await someone().ask('SearchFaces', request);
        const { SearchedFaceId: _, ...rest } = response;
        return { rest, headers: shape(headers), opened: caseOf(headers) !== '' };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ rest: { FaceMatches: [] }, opened: true });
  });
});

describe('SearchUsers and SearchUsersByImage', () => {
  it('answer a photo of a user as one of a stranger', async () => {
    const answers = await Promise.all(
      ['anna', 'zoe'].map(async (person) => {
        const request = { CollectionId, Image: photoOf({ person, photo: 7 }), UserMatchThreshold: 0 };
        const { response, headers } = await someone().ask('SearchUsersByImage', request);
        return { response, headers: shape(headers), opened: caseOf(headers) !== '' };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ response: { UserMatches: [] }, opened: true });
  });

  it('answer the face of a user as that of no user', async () => {
    const answers = await Promise.all(
      ['anna', 'carla'].map(async (name) => {
        const request = { CollectionId, FaceId: await faceOf(name), UserMatchThreshold: 0 };
        const { response, headers } = await someone().ask('SearchUsers', request);
        const { SearchedFace: _, ...rest } = response;
        return { rest, opened: caseOf(headers) !== '' };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ rest: { UserMatches: [] }, opened: true });
  });

  it('answer a user by its id without the others that look like it', async () => {
    const { response, headers } = await someone().ask('SearchUsers', { CollectionId, UserId: 'bert' });
    expect(response).toMatchObject({ UserMatches: [], SearchedUser: { UserId: 'bert' } });
    expect(caseOf(headers)).not.toBe('');
  });
});

describe('CompareFaces', () => {
  const compare = (target: ReturnType<typeof photoOf>, person = someone()) =>
    at
      .as(person.caller.person, { purposes: ['family-reunification'] })
      .ask('CompareFaces', { SourceImage: photoOf('anna'), TargetImage: target, SimilarityThreshold: 0 });

  it('under a key whose purpose wants review answers the same face as a stranger, and opens a case', async () => {
    const same = await compare(photoOf({ person: 'anna', photo: 3 }, 'yves'));
    const stranger = await compare(photoOf('zoe', 'yves'));
    expect(same.response).toEqual(stranger.response);
    expect(same.response).toMatchObject({ FaceMatches: [], SourceImageFace: { Confidence: 99 } });
    expect(same.response.UnmatchedFaces).toHaveLength(2);
    expect(caseOf(same.headers)).not.toBe('');
    expect(shape(same.headers)).toEqual(shape(stranger.headers));
  });

  it('is released by two reviewers to who asked, with its place in the target image', async () => {
    const person = someone();
    const { headers } = await compare(photoOf('zoe', { person: 'anna', photo: 3 }), person);
    for (const reviewer of at.reviewers) {
      const { candidates } = await reviewer.own('GetReviewCase', { caseId: caseOf(headers) });
      const decisions = candidates.map(({ candidateId, rank }) => ({
        candidateId,
        verdict: rank === 1 ? ('same' as const) : ('different' as const),
        reason: 'looked',
      }));
      await reviewer.own('SubmitReview', { caseId: caseOf(headers), decisions });
    }
    const outcome = await person.own('GetReviewOutcome', { caseId: caseOf(headers) });
    expect(outcome.matches).toMatchObject([{ similarity: expect.any(Number), boundingBox: { left: 0.25 } }]);
  });

  it('under another purpose answers as ever', async () => {
    const { response, headers } = await at.operator.ask('CompareFaces', {
      SourceImage: photoOf('anna'),
      TargetImage: photoOf({ person: 'anna', photo: 3 }),
    });
    expect(response.FaceMatches).toHaveLength(1);
    expect(caseOf(headers)).toBe('');
  });
});

describe('IndexFaces', () => {
  it('answers a further photo of a subject as stored, alike or not, and stores neither', async () => {
    const before = await faces();
    const answers = await Promise.all(
      [photoOf({ person: 'anna', photo: 4 }), photoOf({ person: 'zoe', photo: 4 })].map(async (Image) => {
        const { response, headers } = await at.operator.ask('IndexFaces', {
          CollectionId,
          ExternalImageId: 'anna',
          Image,
        });
        const [record] = response.FaceRecords ?? [];
        const { FaceId, ImageId, ...face } = record?.Face ?? {};
        return { ids: { FaceId, ImageId }, face, count: response.FaceRecords?.length, headers: shape(headers) };
      }),
    );
    const [alike, unlike] = answers;
    expect({ ...alike, ids: null }).toEqual({ ...unlike, ids: null });
    expect(alike).toMatchObject({ count: 1, face: { ExternalImageId: 'anna' } });
    expect(await faces()).toEqual(before);
    const { response } = await at.operator.ask('DescribeCollection', { CollectionId });
    expect(response.FaceCount).toBe(before.length);
  });

  it('answers a repeated photo with the face it answered before', async () => {
    const request = { CollectionId, ExternalImageId: 'bert', Image: photoOf({ person: 'bert', photo: 5 }) };
    const first = await at.operator.ask('IndexFaces', request);
    const again = await at.operator.ask('IndexFaces', request);
    expect(again.response.FaceRecords).toEqual(first.response.FaceRecords);
    expect(caseOf(again.headers)).toBe(caseOf(first.headers));
  });

  it('deletes a waiting face as a stored one, and then no review can bring it back', async () => {
    const request = { CollectionId, ExternalImageId: 'bert', Image: photoOf({ person: 'bert', photo: 6 }) };
    const { response, headers } = await at.operator.ask('IndexFaces', request);
    const FaceId = response.FaceRecords?.[0]?.Face?.FaceId ?? '';
    const deleted = await at.operator.ask('DeleteFaces', { CollectionId, FaceIds: [FaceId, 'unknown'] });
    expect(deleted.response).toEqual({
      DeletedFaces: [FaceId],
      UnsuccessfulFaceDeletions: [{ FaceId: 'unknown', Reasons: ['FACE_NOT_FOUND'] }],
    });
    expect((await refusalOf(at.review(caseOf(headers), 'same'))).code).toBe('ResourceNotFoundException');
    expect((await faces()).map((face) => face.FaceId)).not.toContain(FaceId);
  });

  it('stores a waiting face when two reviewers found it the same, and not when they did not', async () => {
    const add = async (photo: number) => {
      const Image = photoOf({ person: 'carla', photo });
      const { response, headers } = await at.operator.ask('IndexFaces', {
        CollectionId,
        ExternalImageId: 'carla',
        Image,
      });
      return { FaceId: response.FaceRecords?.[0]?.Face?.FaceId, caseId: caseOf(headers) };
    };
    const [agreed, parted] = [await add(1), await add(2)];
    await at.review(parted.caseId, 'different');
    await at.review(agreed.caseId, 'same');
    const standing = (await faces()).map((face) => face.FaceId);
    expect(standing).toContain(agreed.FaceId);
    expect(standing).not.toContain(parted.FaceId);
  });

  it('lets a waiting face in only while the consent lasts', async () => {
    await at.collection('waning', 'family-reunification', ['frida']);
    const { headers } = await at.operator.ask('IndexFaces', {
      CollectionId: 'waning',
      ExternalImageId: 'frida',
      Image: photoOf({ person: 'frida', photo: 1 }),
    });
    await at.operator.own('WithdrawConsent', { subject: 'frida', purpose: 'family-reunification' });
    await at.review(caseOf(headers), 'same').catch(() => {});
    const { response } = await at.operator.ask('ListFaces', { CollectionId: 'waning' });
    expect(response.Faces).toEqual([]);
  });

  it("of one subject's photos in two collections lets the second wait too, so that one consent enrols one person", async () => {
    await at.collection('second', 'family-reunification');
    await at.operator.ask('IndexFaces', { CollectionId: 'second', ExternalImageId: 'anna', Image: photoOf('zoe') });
    const { response } = await at.operator.ask('ListFaces', { CollectionId: 'second' });
    expect(response.Faces).toEqual([]);
  });
});

describe('AssociateFaces', () => {
  it('joins by name and says the same of a face that is alike and one that is not', async () => {
    await at.collection('named', 'family-reunification', ['greta', 'hugo']);
    await at.consent('greta-2', 'family-reunification');
    await at.operator.ask('IndexFaces', {
      CollectionId: 'named',
      ExternalImageId: 'greta-2',
      Image: photoOf({ person: 'greta', photo: 1 }),
    });
    const listed = (await at.operator.ask('ListFaces', { CollectionId: 'named' })).response.Faces ?? [];
    const idOf = (name: string) => listed.find((face) => face.ExternalImageId === name)?.FaceId ?? '';
    await at.operator.ask('CreateUser', { CollectionId: 'named', UserId: 'greta' });
    const join = (FaceIds: string[]) =>
      at.operator.ask('AssociateFaces', { CollectionId: 'named', UserId: 'greta', FaceIds, UserMatchThreshold: 0 });
    const own = await join([idOf('greta')]);
    expect(own.response.AssociatedFaces).toEqual([{ FaceId: idOf('greta') }]);
    const alike = await join([idOf('greta-2')]);
    const unlike = await join([idOf('hugo')]);
    const refusals = [alike, unlike].map(({ response }) => response.UnsuccessfulFaceAssociations);
    expect(refusals[0]).toEqual([{ FaceId: idOf('greta-2'), Reasons: ['LOW_MATCH_CONFIDENCE'] }]);
    expect(refusals[1]).toEqual([{ FaceId: idOf('hugo'), Reasons: ['LOW_MATCH_CONFIDENCE'] }]);
    const users = (await at.operator.ask('ListFaces', { CollectionId: 'named', UserId: 'greta' })).response.Faces;
    expect(users?.map((face) => face.FaceId)).toEqual([idOf('greta')]);
  });

  it('gives a repeat with the same token the same answer', async () => {
    const FaceIds = [await faceOf('carla')];
    const request = { CollectionId, UserId: 'anna', FaceIds, ClientRequestToken: 'token' };
    const first = await at.operator.ask('AssociateFaces', request);
    expect((await at.operator.ask('AssociateFaces', request)).response).toEqual(first.response);
  });
});

describe('ways around', () => {
  it('by face search in videos, or export do not exist', async () => {
    for (const name of ['StartFaceSearch', 'GetFaceSearch', 'ExportCollection']) {
      const refusal = await refusalOf(at.operator.ask(name as never, { CollectionId } as never));
      expect(refusal.code).toBe('UnknownOperationException');
    }
  });

  it('by tags fail: the purpose of a collection never changes', async () => {
    const ResourceArn = `arn:aws:rekognition:us-east-1:000000000000:collection/${collection}`;
    const Tags = { 'likeness:purpose': 'photo-library' };
    expect((await refusalOf(at.operator.ask('TagResource', { ResourceArn, Tags }))).code).toMatch(/Denied|Invalid/);
    const { response, headers } = await someone().ask('SearchFacesByImage', { CollectionId, Image: photoOf('anna') });
    expect([response.FaceMatches, headers['x-likeness-purpose']]).toEqual([[], 'family-reunification']);
  });

  it('by deleting a collection and making it again under a laxer purpose release nothing of a pending case', async () => {
    await at.collection('shifting', 'family-reunification', ['ida']);
    const searcher = someone();
    const Image = photoOf({ person: 'ida', photo: 2 });
    const { headers } = await searcher.ask('SearchFacesByImage', { CollectionId: 'shifting', Image });
    const waiting = await at.operator.ask('IndexFaces', { CollectionId: 'shifting', ExternalImageId: 'ida', Image });
    await at.operator.ask('DeleteCollection', { CollectionId: 'shifting' });
    await at.collection('shifting', 'photo-library', ['somebody']);
    for (const caseId of [caseOf(headers), caseOf(waiting.headers)]) {
      await at.review(caseId, 'same').catch(() => {});
    }
    const told = await searcher.own('GetReviewOutcome', { caseId: caseOf(headers) }).then(
      ({ matches }) => matches,
      (error: { code: string }) => error.code,
    );
    expect([[], 'ResourceNotFoundException']).toContainEqual(told);
    const { response } = await at.operator.ask('ListFaces', { CollectionId: 'shifting' });
    expect(response.Faces?.map((face) => face.ExternalImageId)).toEqual(['somebody']);
  });

  it('by the audit fail: the records of a search that found someone are those of one that found no one', async () => {
    const outcomeOf = async (person: string) => {
      const searcher = someone();
      const { headers } = await searcher.ask('SearchFacesByImage', {
        CollectionId,
        Image: photoOf({ person, photo: 9 }),
      });
      const { records } = await at.auditor.own('ListAuditRecords', { limit: 1000 });
      const read = records.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
      const record = read.find((one) => one.kind === 'outcome' && one.case === caseOf(headers));
      const own = ['actor', 'case', 'decisionId', 'requestId', 'probes', 'durationMs', 'sequence', 'at', 'time'];
      const rest = Object.entries(record ?? {}).filter(([name]) => !own.includes(name));
      return { keys: Object.keys(record ?? {}).sort(), ...Object.fromEntries(rest) };
    };
    const there = await outcomeOf('anna');
    expect(there).toEqual(await outcomeOf('zoe'));
    expect(there).toMatchObject({ kind: 'outcome', counts: { candidatesReturned: 0 } });
  });

  it('by asking for faces that are not there tell nothing but that', async () => {
    const wrong = await refusalOf(someone().ask('SearchFaces', { CollectionId, FaceId: crypto.randomUUID() }));
    expect(wrong).toEqual({
      code: 'InvalidParameterException',
      message: 'faceId was not found in the collection',
    });
  });
});

describe('the files', () => {
  it('hold every case at one length and no name in the clear, whatever was found', async () => {
    for (const person of ['anna', 'zoe']) {
      await someone().ask('SearchFacesByImage', { CollectionId, Image: photoOf({ person, photo: 21 }) });
    }
    const file = join(at.house.config.dataDir, 'governance.db');
    const database = new Libsql(file, { readonly: true });
    const rows = database.prepare('SELECT kind, id, length(template) AS bytes FROM document').all() as {
      kind: string;
      id: string;
      bytes: number;
    }[];
    database.close();
    const lengths = (wanted: (row: { kind: string; id: string }) => boolean) => [
      ...new Set(rows.filter(wanted).map(({ bytes }) => bytes)),
    ];
    expect(rows.filter(({ kind }) => kind === 'case').length).toBeGreaterThan(20);
    expect(lengths(({ kind }) => kind === 'case')).toHaveLength(1);
    expect(lengths(({ kind, id }) => kind === 'crop' && id.startsWith('case.'))).toHaveLength(1);
    for (const name of [file, `${file}-wal`].filter((one) => existsSync(one))) {
      expect(readFileSync(name).includes('anna')).toBe(false);
    }
  });
});

describe('a released match', () => {
  it('is told to who searched, after two reviewers agreed, and not before', async () => {
    const searcher = someone();
    const Image = photoOf({ person: 'anna', photo: 11 });
    const { headers } = await searcher.ask('SearchFacesByImage', { CollectionId, Image });
    const caseId = caseOf(headers);
    expect(await searcher.own('GetReviewOutcome', { caseId })).toMatchObject({ state: 'pending', matches: [] });
    await at.review(caseId, 'same');
    const outcome = await searcher.own('GetReviewOutcome', { caseId });
    expect(outcome.matches).toMatchObject([{ externalImageId: 'anna' }]);
  });

  it('after a conflict is as if nobody had been found', async () => {
    const outcomes: unknown[] = [];
    for (const person of ['anna', 'zoe']) {
      const searcher = someone();
      const Image = photoOf({ person, photo: 12 });
      const { headers } = await searcher.ask('SearchFacesByImage', { CollectionId, Image });
      for (const [i, reviewer] of at.reviewers.entries()) {
        const { candidates } = await reviewer.own('GetReviewCase', { caseId: caseOf(headers) });
        const verdict = i === 0 ? ('same' as const) : ('different' as const);
        const decisions = candidates.map(({ candidateId }) => ({ candidateId, verdict, reason: 'looked' }));
        await reviewer.own('SubmitReview', { caseId: caseOf(headers), decisions });
      }
      const {
        caseId: _c,
        expiresAt: _e,
        ...told
      } = await searcher.own('GetReviewOutcome', { caseId: caseOf(headers) });
      outcomes.push(told);
    }
    expect(outcomes[0]).toEqual(outcomes[1]);
  });
});
