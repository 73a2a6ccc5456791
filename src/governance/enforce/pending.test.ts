import { describe, expect, it, onTestFinished } from 'vitest';
import { openMemoryStores } from '../../stores/index.ts';
import { createSubjectLocks } from '../consent/index.ts';
import type { DecidedEnrolment } from '../review/index.ts';
import { enrolDecided } from './enrol-decided.ts';
import { createPendingFaces, type PendingFace } from './pending-faces.ts';
import { packPendingTemplate, unpackPendingTemplate } from './pending-template.ts';

const template = Float32Array.from([0.6, -0.8]);
const ends = { faceId: 'first', externalImageId: 'anna' };

/** A face that waits in a collection of two dimensions, and the handler of its decision. */
async function waiting(options: { mayEnrol?: boolean } = {}) {
  const stores = await openMemoryStores(() => 5_000);
  onTestFinished(() => stores.close());
  const create = (purpose: string, createdAtMs: number) =>
    stores.collections.createCollection({ id: 'c', purpose, modelVersion: 'm', dimensions: 2, tags: {}, createdAtMs });
  await create('family-reunification', 1_000);
  const pending = createPendingFaces(stores.documents);
  const face: PendingFace = {
    faceId: 'later',
    caseId: 'case',
    collectionId: 'c',
    collectionCreatedAtMs: 1_000,
    purpose: 'family-reunification',
    subject: 'anna',
    imageId: 'image',
    box: { left: 0, top: 0, width: 0.5, height: 0.5 },
    confidence: 99,
    modelVersion: 'm',
    sentAtMs: 2_000,
  };
  await pending.put(face);
  const kept: string[] = [];
  const finish = enrolDecided({
    pending,
    collections: stores.collections,
    crops: { keep: async (_collection, { faceId }) => void kept.push(faceId) },
    minors: { seen: () => {} },
    locks: createSubjectLocks(),
    mayEnrol: async () => options.mayEnrol ?? true,
  });
  const decided = (agreed: readonly ('same' | 'different' | 'none')[]): DecidedEnrolment => ({
    caseId: 'case',
    operation: 'IndexFaces',
    purpose: 'family-reunification',
    requestedBy: 'p',
    collectionId: 'c',
    payload: packPendingTemplate({ faceId: 'later', template, crop: new Uint8Array([1]), maxFaces: 10 }),
    candidates: agreed.map((found) => ({ ...ends, agreed: found })),
  });
  const stored = async () => (await stores.collections.listFaces('c', { limit: 10 })).faces;
  return { stores, create, pending, face, finish, decided, stored, kept };
}

describe('a face that waited', () => {
  it('is stored with its picture when reviewers found it the same, once however often it is told', async () => {
    const { finish, decided, stored, kept, pending, face } = await waiting();
    await finish(decided(['same', 'none']));
    await finish(decided(['same', 'none']));
    expect(await stored()).toMatchObject([{ faceId: 'later', externalImageId: 'anna', imageId: 'image' }]);
    expect(kept).toEqual(['later']);
    expect(await pending.find(face.faceId)).toBeUndefined();
  });

  it.each([
    ['no candidate was the same', ['none']],
    ['one was different', ['same', 'different']],
    ['none was left to compare with', []],
  ] as const)('is forgotten when %s', async (_, agreed) => {
    const { finish, decided, stored, pending, face } = await waiting();
    await finish(decided(agreed));
    expect(await stored()).toEqual([]);
    expect(await pending.find(face.faceId)).toBeUndefined();
  });

  it('is forgotten when the consent ended while it waited', async () => {
    const { finish, decided, stored } = await waiting({ mayEnrol: false });
    await finish(decided(['same']));
    expect(await stored()).toEqual([]);
  });

  it('is forgotten when it was deleted while it waited', async () => {
    const { finish, decided, stored, pending } = await waiting();
    expect(await pending.remove({ id: 'c', createdAtMs: 1_000 }, ['later', 'other'])).toEqual(['later']);
    await finish(decided(['same']));
    expect(await stored()).toEqual([]);
  });

  it.each(['photo-library', 'family-reunification'])(
    'never enters a collection that was made again under its name for %s',
    async (purpose) => {
      const { stores, create, finish, decided, stored } = await waiting();
      await stores.collections.deleteCollection('c');
      await create(purpose, 3_000);
      await finish(decided(['same']));
      expect(await stored()).toEqual([]);
    },
  );

  it('is swept when its case is no more, and is erased with its subject', async () => {
    const one = await waiting();
    await one.pending.sweep(async () => true);
    expect(await one.pending.find('later')).toBeUndefined();
    const other = await waiting();
    const target = { kind: 'subject', subject: 'anna', purpose: 'family-reunification' } as const;
    expect(await other.pending.erasureSource.count(target)).toEqual([{ kind: 'pending faces', count: 1 }]);
    await other.pending.erasureSource.erase(target);
    expect(await other.pending.find('later')).toBeUndefined();
  });

  it('comes out of its case as it went in', () => {
    const packed = packPendingTemplate({ faceId: 'f', template, maxFaces: 3 });
    expect(unpackPendingTemplate(packed)).toEqual({ faceId: 'f', template, maxFaces: 3 });
  });
});
