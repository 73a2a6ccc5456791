import { describe, expect, it } from 'vitest';
import { collectionOf, refusalOf } from '../../../tests/builders/gate.ts';
import type { FaceWriter, UserWriter } from '../capabilities.ts';
import { createSubjectLocks } from '../consent/index.ts';
import { loadPolicy, type PurposeName } from '../policy/index.ts';
import { consentedFaceWriter, consentedUserWriter, type EnrolmentParts } from './index.ts';

const { purposes } = loadPolicy();
const face = (faceId: string) => ({
  faceId,
  box: { left: 0, top: 0, width: 1, height: 1 },
  confidence: 99,
  template: new Float32Array(2),
});

/** Both writers over ones that note what reaches them. */
function writers(
  purpose: PurposeName,
  options: { consents?: boolean; similarity?: number; faceCount?: number; names?: Record<string, string> } = {},
) {
  const reached: string[] = [];
  const record = collectionOf(purpose);
  const parts: EnrolmentParts = {
    purpose: purposes[purpose],
    record,
    ledger: { activeReceipt: async () => (options.consents === false ? undefined : { receiptId: 'r' }) },
    locks: createSubjectLocks(),
    likeness: { ofTemplate: async () => options.similarity, ofFaces: async () => options.similarity },
  };
  const faceWriter: FaceWriter = {
    record,
    async addFaces({ faces }) {
      reached.push(`add ${faces.length}`);
      return { faces: [], stored: faces.length };
    },
    deleteFaces: async () => ({ deleted: [], refused: [] }),
  };
  const user = { userId: 'u', status: 'CREATED', faceCount: options.faceCount ?? 0, revision: 1 } as const;
  const userWriter: UserWriter = {
    record,
    async createUser() {
      reached.push('create');
    },
    findUser: async () => user,
    findFaces: async (ids) =>
      ids.map((faceId) => ({
        ...face(faceId),
        imageId: 'i',
        modelVersion: 'm',
        storedAtMs: 0,
        externalImageId: options.names?.[faceId] ?? 'u',
      })),
    deleteUser: async () => {},
    async associateFaces(_userId, { faceIds }) {
      reached.push(`join ${faceIds.join()}`);
      return user;
    },
    disassociateFaces: async () => user,
    matchWithUser: async () => ({ matches: true, similarity: 100 }),
  };
  const image = (faces: string[], externalImageId?: string) => ({
    imageId: 'i',
    modelVersion: 'm',
    maxFaces: 10,
    faces: faces.map(face),
    ...(externalImageId !== undefined && { externalImageId }),
  });
  const enrol = consentedFaceWriter(faceWriter, parts);
  const users = consentedUserWriter(userWriter, parts);
  return { reached, image, enrol, users, faceWriter, userWriter };
}

const consenting = ['identity-verification', 'access-control', 'family-reunification'] as const;

describe.each(consenting)('enrolling under %s', (purpose) => {
  it('stores one named face of a subject that consents', async () => {
    const { enrol, image, reached } = writers(purpose);
    expect(enrol.oneFace).toBe(true);
    await enrol.addFaces(image(['f'], 'u'));
    expect(reached).toEqual(['add 1']);
  });

  it('stores nothing for an operation that forgot the name, the limit of one face or the consent', async () => {
    const { enrol, image, reached } = writers(purpose);
    const without = writers(purpose, { consents: false });
    for (const attempt of [
      enrol.addFaces(image(['f'])),
      enrol.addFaces(image(['f'], '')),
      enrol.addFaces(image(['f', 'g'], 'u')),
      without.enrol.addFaces(image(['f'], 'u')),
      without.users.createUser('u'),
      without.users.associateFaces('u', { faceIds: ['f'], revision: 1, maxFaces: 100 }),
    ]) {
      expect((await refusalOf(attempt)).code).toBe('AccessDeniedException');
    }
    expect([...reached, ...without.reached]).toEqual([]);
  });

  it('lets no face join a user of another name, whatever the operation had judged', async () => {
    const { users, reached } = writers(purpose, { names: { g: 'someone-else', h: 'U' } });
    for (const faceIds of [['g'], ['f', 'g'], ['h']]) {
      expect((await refusalOf(users.associateFaces('u', { faceIds, revision: 1, maxFaces: 100 }))).code).toBe(
        'AccessDeniedException',
      );
    }
    expect(await users.matchWithUser('u', 'g', 0)).toEqual({ matches: false });
    expect(reached).toEqual([]);
  });
});

describe('likeness', () => {
  it.each([
    ['identity-verification', 94.9, false],
    ['identity-verification', 95, true],
    ['access-control', 98.9, false],
    ['access-control', 99, true],
  ] as const)('under %s at %d decides whether a further face is let in: %s', async (purpose, similarity, isLetIn) => {
    const { enrol, image, reached } = writers(purpose, { similarity });
    const attempt = enrol.addFaces(image(['f'], 'u'));
    if (isLetIn) await attempt;
    else expect((await refusalOf(attempt)).message).toContain('one-subject');
    expect(reached).toEqual(isLetIn ? ['add 1'] : []);
  });

  it('of the first faces of a user is judged among themselves, by the operation and again when they join', async () => {
    const { users, reached } = writers('identity-verification', { similarity: 50 });
    expect(await users.matchWithUser('u', 'f', 80)).toEqual({ matches: true });
    expect(await users.matchWithUser('u', 'g', 80)).toEqual({ matches: false, similarity: 50 });
    const both = users.associateFaces('u', { faceIds: ['f', 'g'], revision: 1, maxFaces: 100 });
    expect((await refusalOf(both)).code).toBe('AccessDeniedException');
    expect(reached).toEqual([]);
  });

  it('is never told under review: further faces are refused alike and unlike, and users take them by name', async () => {
    const alike = writers('family-reunification', { similarity: 100 });
    const unlike = writers('family-reunification', { similarity: 0 });
    const refusals = await Promise.all(
      [alike, unlike].map(({ enrol, image }) => refusalOf(enrol.addFaces(image(['f'], 'u')))),
    );
    expect(refusals[0]).toEqual(refusals[1]);
    for (const { users } of [alike, unlike]) {
      expect(await users.matchWithUser('u', 'f', 80)).toEqual({ matches: true });
      await users.associateFaces('u', { faceIds: ['f', 'g'], revision: 1, maxFaces: 100 });
    }
  });
});

describe('other purposes', () => {
  it.each(['photo-library', 'media-archive', 'evaluation'] as const)('such as %s keep their writers', (purpose) => {
    const { enrol, users, faceWriter, userWriter } = writers(purpose);
    expect(enrol).toBe(faceWriter);
    expect(users).toBe(userWriter);
  });
});
