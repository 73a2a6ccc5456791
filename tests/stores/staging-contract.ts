import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectionStore } from '../../src/stores/ports/index.ts';
import { codeOf, everything, newCollection, newFace, newImage, uuid } from './builders.ts';
import type { OpenedCollections } from './collection-contract.ts';

const axis = (i: number, dimensions = 8): Float32Array =>
  Float32Array.from({ length: dimensions }, (_, j) => (i === j ? 1 : 0));
/** The other model's templates: longer, on the last axes. */
const WIDE = 12;
const other = (i: number): Float32Array => axis(WIDE - 1 - i, WIDE);
const to = { modelVersion: '2.0', dimensions: WIDE, startedAtMs: 1_700_000_000_500 };

/** What every {@link CollectionStore} must do when a collection moves to another face model. */
export function describeStaging(name: string, open: () => Promise<OpenedCollections>): void {
  describe(`${name} moving a collection to another face model`, () => {
    let opened: OpenedCollections;
    let store: CollectionStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.collections;
      await store.createCollection({ ...newCollection('c'), tags: { k: 'v' } });
      for (let i = 0; i < 4; i++) {
        await store.addFaces('c', newImage(i, [newFace(i, axis(i))], i % 2 === 0 ? `name-${i}` : undefined));
      }
      await store.createUser('c', 'ann');
      const revision = (await store.findUser('c', 'ann'))?.revision ?? -1;
      await store.associateFaces('c', 'ann', { faceIds: [uuid(0), uuid(1)], revision, maxFaces: 100 });
    });
    afterEach(() => opened.close());

    const stage = (...faces: number[]) =>
      store.stageTemplates(
        'c',
        '2.0',
        faces.map((i) => ({ faceId: uuid(i), template: other(i) })),
      );
    const pending = async () => (await store.listUnstagedFaces('c', { limit: 100 })).faces.map(({ faceId }) => faceId);
    const best = async (probe: Float32Array) =>
      (await store.searchFaces('c', probe, { ...everything(), minScore: 0.5 })).map(({ face }) => face.faceId);
    const reopen = async () => {
      await opened.close();
      const again = await opened.reopen?.();
      if (again === undefined) return false;
      opened = again;
      store = opened.collections;
      return true;
    };

    it('goes on with its own model until every face has a template of the other', async () => {
      expect(await store.beginStaging('c', to)).toEqual({ ...to, stagedFaces: 0, pendingFaces: 4 });
      expect(await stage(0, 2)).toEqual([uuid(0), uuid(2)]);
      expect(await store.findStaging('c')).toMatchObject({ stagedFaces: 2, pendingFaces: 2 });
      expect(await pending()).toEqual([uuid(1), uuid(3)]);
      expect(await best(axis(2))).toEqual([uuid(2)]);
      await store.addFaces('c', newImage(9, [newFace(9, axis(5))]));
      expect(await codeOf(store.switchModel('c', { modelVersion: '2.0', dropFaceIds: [] }))).toBe('staging-incomplete');
      expect(await best(axis(5))).toEqual([uuid(9)]);
      expect(await store.findCollection('c')).toMatchObject({ modelVersion: '1.0', faceCount: 5 });
    });

    it('switches faces and users at once, and keeps all else', async () => {
      const before = await store.listFaces('c', { limit: 100 });
      const user = await store.findUser('c', 'ann');
      await store.beginStaging('c', to);
      await stage(0, 1, 2, 3);
      const { collection, dropped } = await store.switchModel('c', { modelVersion: '2.0', dropFaceIds: [] });
      expect(dropped).toBe(0);
      expect(collection).toMatchObject({ modelVersion: '2.0', faceCount: 4, userCount: 1 });
      const check = async () => {
        expect((await store.listFaces('c', { limit: 100 })).faces).toEqual(
          before.faces.map((face) => ({ ...face, modelVersion: '2.0' })),
        );
        expect(await store.tags('c')).toEqual({ k: 'v' });
        expect(await best(other(3))).toEqual([uuid(3)]);
        const [hit] = await store.searchUsers('c', other(0), everything());
        expect(hit?.user.userId).toBe('ann');
        expect(hit?.score).toBeCloseTo(0.5, 5);
        expect([...((await store.faceTemplate('c', uuid(2))) ?? [])]).toEqual(
          [...other(2)].map((x) => expect.closeTo(x, 5)),
        );
        expect((await store.findUser('c', 'ann'))?.revision).not.toBe(user?.revision);
        expect(await store.findStaging('c')).toBeUndefined();
      };
      await check();
      await expect(store.searchFaces('c', axis(0), everything())).rejects.toThrow(RangeError);
      if (await reopen()) await check();
    });

    it('is resumed with what was staged, also after the store was closed', async () => {
      await store.beginStaging('c', to);
      await stage(0, 1);
      await reopen();
      if (opened.reopen === undefined) return;
      expect(await store.beginStaging('c', { ...to, startedAtMs: 5 })).toEqual({
        ...to,
        stagedFaces: 2,
        pendingFaces: 2,
      });
      await stage(2, 3);
      await store.switchModel('c', { modelVersion: '2.0', dropFaceIds: [] });
      expect(await best(other(1))).toEqual([uuid(1)]);
    });

    it('drops faces without a template only when each of them is named', async () => {
      await store.beginStaging('c', to);
      await stage(0, 2);
      const drop = (...faces: number[]) =>
        store.switchModel('c', { modelVersion: '2.0', dropFaceIds: faces.map(uuid) });
      expect(await codeOf(drop(1))).toBe('staging-incomplete');
      expect(await codeOf(drop(1, 3, 2))).toBe('staging-incomplete');
      expect(await drop(1, 3)).toMatchObject({ dropped: 2, collection: { faceCount: 2, modelVersion: '2.0' } });
      expect(await store.findUser('c', 'ann')).toMatchObject({ faceCount: 1, status: 'ACTIVE' });
      expect(await best(other(1))).toEqual([]);
    });

    it('never brings back who was erased meanwhile, and lets nothing be staged for them', async () => {
      await store.beginStaging('c', to);
      await stage(0, 1, 2, 3);
      await store.eraseSubject('c', 'name-2');
      expect(await store.findStaging('c')).toMatchObject({ stagedFaces: 3, pendingFaces: 0 });
      expect(await stage(2)).toEqual([]);
      await store.eraseFaces('c', [uuid(3)]);
      await store.switchModel('c', { modelVersion: '2.0', dropFaceIds: [] });
      expect(await best(other(2))).toEqual([]);
      expect((await store.listFaces('c', { limit: 9 })).faces.map(({ faceId }) => faceId)).toEqual([uuid(0), uuid(1)]);
    });

    it('is given up without a trace', async () => {
      await store.beginStaging('c', to);
      await stage(0, 1, 2, 3);
      expect(await store.dropStaging('c')).toBe(true);
      expect(await store.dropStaging('c')).toBe(false);
      expect(await store.findStaging('c')).toBeUndefined();
      expect(await codeOf(stage(0))).toBe('staging-not-found');
      expect((await store.beginStaging('c', { ...to, modelVersion: '3.0' })).stagedFaces).toBe(0);
    });

    it('goes to one model at a time', async () => {
      await store.beginStaging('c', to);
      expect(await codeOf(store.beginStaging('c', { ...to, modelVersion: '3.0' }))).toBe('staging-exists');
      const toThird = store.switchModel('c', { modelVersion: '3.0', dropFaceIds: [] });
      expect(await codeOf(toThird)).toBe('staging-not-found');
    });

    it('lists what is pending page by page, and of one image', async () => {
      await store.beginStaging('c', to);
      await stage(1);
      const first = await store.listUnstagedFaces('c', { limit: 2 });
      expect(first.faces.map(({ faceId }) => faceId)).toEqual([uuid(0), uuid(2)]);
      const second = await store.listUnstagedFaces('c', { limit: 2, after: first.cursor ?? -1 });
      expect(second).toEqual({ faces: [expect.objectContaining({ faceId: uuid(3) })] });
      const ofImage = await store.listUnstagedFaces('c', { limit: 9, imageId: uuid(1_000_002) });
      expect(ofImage.faces.map(({ faceId }) => faceId)).toEqual([uuid(2)]);
    });

    it('refuses what was judged under the model before, a search that runs meanwhile too', async () => {
      const record = await store.findCollection('c');
      if (record === undefined) throw new Error('no collection');
      const judged = store.only(record);
      await store.beginStaging('c', { ...to, dimensions: 8 });
      await store.stageTemplates(
        'c',
        '2.0',
        [0, 1, 2, 3].map((i) => ({ faceId: uuid(i), template: axis(i) })),
      );
      const running = judged.searchFaces('c', axis(0), everything());
      const switching = store.switchModel('c', { modelVersion: '2.0', dropFaceIds: [] });
      expect(await codeOf(running)).toBe('model-changed');
      await switching;
      expect(await codeOf(judged.searchFaces('c', axis(0), everything()))).toBe('model-changed');
      expect(await codeOf(store.addFaces('c', newImage(7, [newFace(7, axis(7))])))).toBe('model-changed');
    });

    it('goes with its collection', async () => {
      await store.beginStaging('c', to);
      await stage(0, 1);
      await store.deleteCollection('c');
      await store.createCollection(newCollection('c'));
      expect(await store.findStaging('c')).toBeUndefined();
      expect(await codeOf(store.listUnstagedFaces('c', { limit: 1 }))).toBe('staging-not-found');
    });
  });
}
