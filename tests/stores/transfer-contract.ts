import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectionStore, MovedFace } from '../../src/stores/ports/index.ts';
import { codeOf, everything, newCollection, newFace, newImage, uuid } from './builders.ts';
import type { OpenedCollections } from './collection-contract.ts';

const axis = (i: number): Float32Array => Float32Array.from({ length: 8 }, (_, j) => (i === j ? 1 : 0));
const maxFaces = 100;

/** What every {@link CollectionStore} must do when faces move from one collection to another. */
export function describeTransfer(name: string, open: () => Promise<OpenedCollections>): void {
  describe(`${name} moving faces between collections`, () => {
    let opened: OpenedCollections;
    let store: CollectionStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.collections;
      await store.createCollection(newCollection('from'));
      await store.createCollection(newCollection('to'));
      for (let i = 0; i < 5; i++) {
        await store.addFaces('from', newImage(i, [newFace(i, axis(i))], i % 2 === 0 ? `name-${i}` : undefined));
      }
    });
    afterEach(() => opened.close());

    const walk = (page: Partial<Parameters<CollectionStore['walkFaces']>[1]> = {}) =>
      store.walkFaces('from', { limit: 100, templates: true, ...page });
    const moved = async (): Promise<MovedFace[]> =>
      (await walk()).map(({ face: { modelVersion: _, userId: __, ...face }, template }) => ({
        ...face,
        storedAtMs: face.storedAtMs - 1000,
        template: template ?? new Float32Array(),
      }));
    const take = (faces: readonly MovedFace[], most = maxFaces) =>
      store.importFaces('to', { modelVersion: '1.0', faces, maxFaces: most });

    it('walks in the order of storing, by cursors that hold whatever is deleted meanwhile', async () => {
      const all = await walk();
      expect(all.map(({ face }) => face.faceId)).toEqual([0, 1, 2, 3, 4].map(uuid));
      expect(all.map(({ face }) => face)).toEqual((await store.listFaces('from', { limit: 9 })).faces);
      for (const [i, { template }] of all.entries()) {
        expect([...(template ?? [])]).toEqual([...axis(i)].map((x) => expect.closeTo(x, 6)));
      }
      const [, second, , fourth] = all;
      await store.deleteFaces('from', [uuid(1)]);
      await store.addFaces('from', newImage(7, [newFace(7, axis(7))]));
      const between = await walk({ after: second?.cursor ?? 0, upTo: fourth?.cursor ?? 0, templates: false });
      expect(between.map(({ face }) => face.faceId)).toEqual([uuid(2), uuid(3)]);
      expect(between.every(({ template }) => template === undefined)).toBe(true);
      expect((await walk({ limit: 2 })).map(({ face }) => face.faceId)).toEqual([uuid(0), uuid(2)]);
      expect(await codeOf(store.walkFaces('none', { limit: 1, templates: false }))).toBe('collection-not-found');
    });

    it('keeps ids, names, boxes, times and templates, also when it is opened again', async () => {
      const faces = await moved();
      expect(await take(faces)).toEqual([0, 1, 2, 3, 4].map(uuid));
      const check = async () => {
        expect((await store.listFaces('to', { limit: 9 })).faces).toEqual(
          faces.map(({ template: _, ...face }) => ({ ...face, modelVersion: '1.0' })),
        );
        const [best] = await store.searchFaces('to', axis(3), { ...everything(), limit: 1 });
        expect(best).toMatchObject({ face: { faceId: uuid(3) }, score: expect.closeTo(1, 5) });
        expect(await store.findCollection('to')).toMatchObject({ faceCount: 5, userCount: 0 });
      };
      await check();
      await opened.close();
      const again = await opened.reopen?.();
      if (again === undefined) return;
      opened = again;
      store = opened.collections;
      await check();
    });

    it('stores nothing twice, and lets subjects be erased as if they had been enrolled', async () => {
      const faces = await moved();
      expect(await take(faces.slice(0, 3))).toHaveLength(3);
      expect(await take([...faces, ...faces])).toEqual([uuid(3), uuid(4)]);
      const { subjects } = await store.listSubjects('to', { limit: 9 });
      expect(subjects.map(({ subject, storedAtMs }) => [subject, storedAtMs])).toContainEqual([
        'name-2',
        faces[2]?.storedAtMs,
      ]);
      expect(await store.eraseSubject('to', 'name-2')).toMatchObject({ faces: 1, keys: 1 });
      expect(await store.findFaces('to', [uuid(2)])).toEqual([]);
      expect(await store.findFaces('from', [uuid(2)])).toHaveLength(1);
    });

    it('stores all of them or none', async () => {
      const faces = await moved();
      const [first, second] = faces;
      if (first === undefined || second === undefined) throw new Error('no faces');
      await take([first]);
      const count = async () => (await store.findCollection('to'))?.faceCount;
      expect(await codeOf(take([second, { ...first, imageId: uuid(99) }]))).toBe('face-exists');
      expect(await codeOf(take([second, { ...second, confidence: 1 }]))).toBe('face-exists');
      expect(await codeOf(take(faces, 4))).toBe('collection-full');
      const other = store.importFaces('to', { modelVersion: '2.0', faces, maxFaces });
      expect(await codeOf(other)).toBe('model-changed');
      await expect(take([second, { ...second, faceId: uuid(50), template: new Float32Array(7) }])).rejects.toThrow(
        RangeError,
      );
      await expect(take([{ ...second, template: axis(1).fill(Number.NaN) }])).rejects.toThrow(RangeError);
      expect(await count()).toBe(1);
      expect(await take([])).toEqual([]);
    });
  });
}
