import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectionStore } from '../../src/stores/ports/index.ts';
import { codeOf, everything, newCollection, newFace, newImage, seededRandom, unitVector, uuid } from './builders.ts';

/** A store that is open, and how to close it and open it again with what it has kept. */
export interface OpenedCollections {
  readonly collections: CollectionStore;
  close(): Promise<void>;
  /** Left out where nothing is kept. */
  reopen?(): Promise<OpenedCollections>;
}

const axis = (i: number): Float32Array => Float32Array.from({ length: 8 }, (_, j) => (i === j ? 1 : 0));

/** Templates are kept turned, so what comes back has been rounded to float32 once or twice more. */
const TOLERANCE = 1e-6;
const near = (score: number): unknown => expect.closeTo(score, 6);
const expectNear = (found: Float32Array | undefined, expected: ArrayLike<number>): void => {
  expect([...(found ?? [])]).toEqual(Array.from(expected, (value) => near(value)));
};

/** What every {@link CollectionStore} must do. */
export function describeCollectionStore(name: string, open: () => Promise<OpenedCollections>): void {
  describe(`${name} as a collection store`, () => {
    let opened: OpenedCollections;
    let store: CollectionStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.collections;
    });
    afterEach(() => opened.close());

    /** A collection `c` with faces 0.. on the first axes. */
    const withFaces = async (count: number): Promise<void> => {
      await store.createCollection(newCollection('c'));
      for (let i = 0; i < count; i++) await store.addFaces('c', newImage(i, [newFace(i, axis(i))]));
    };
    const associate = async (userId: string, ...faces: number[]) => {
      const user = await store.findUser('c', userId);
      return store.associateFaces('c', userId, {
        faceIds: faces.map(uuid),
        revision: user?.revision ?? -1,
        maxFaces: 100,
      });
    };
    const search = async (probe: Float32Array): Promise<string[]> =>
      (await store.searchFaces('c', probe, { ...everything(), minScore: 0.5 })).map((hit) => hit.face.faceId);

    describe('collections', () => {
      it('are found as they were made', async () => {
        const made = await store.createCollection({ ...newCollection('c'), purpose: 'evaluation' });
        expect(made).toEqual({
          id: 'c',
          purpose: 'evaluation',
          modelVersion: '1.0',
          createdAtMs: 1_700_000_000_000,
          faceCount: 0,
          userCount: 0,
        });
        expect(await store.findCollection('c')).toEqual(made);
        expect(await store.findCollection('d')).toBeUndefined();
      });

      it('are made once', async () => {
        await store.createCollection(newCollection('c'));
        expect(await codeOf(store.createCollection(newCollection('c')))).toBe('collection-exists');
        expect(await store.countCollections()).toBe(1);
      });

      it('are listed page by page in order of id', async () => {
        for (const id of ['b', 'a', 'd', 'c']) await store.createCollection(newCollection(id));
        const ids = async (page: { afterId?: string; limit: number }) =>
          (await store.listCollections(page)).map((collection) => collection.id);
        expect(await ids({ limit: 3 })).toEqual(['a', 'b', 'c']);
        expect(await ids({ afterId: 'c', limit: 3 })).toEqual(['d']);
        expect(await ids({ limit: 0 })).toEqual([]);
      });

      it('go with their faces, users and tags, and come back empty', async () => {
        await withFaces(3);
        await store.createUser('c', 'ann');
        await associate('ann', 0);
        await store.putTags('c', { k: 'v' }, 50);
        expect(await store.deleteCollection('c')).toBe(true);
        expect(await store.deleteCollection('c')).toBe(false);
        expect(await codeOf(store.searchFaces('c', axis(0), everything()))).toBe('collection-not-found');
        await store.createCollection(newCollection('c'));
        expect(await store.findCollection('c')).toMatchObject({ faceCount: 0, userCount: 0 });
        expect(await store.tags('c')).toEqual({});
        expect(await store.findFaces('c', [uuid(0)])).toEqual([]);
        expect(await store.listUsers('c', { limit: 10 })).toEqual([]);
        expect(await search(axis(0))).toEqual([]);
      });

      it('that are not there are named by every step that needs one', async () => {
        const steps = [
          store.tags('x'),
          store.putTags('x', {}, 50),
          store.removeTags('x', []),
          store.addFaces('x', newImage(1, [])),
          store.listFaces('x', { limit: 1 }),
          store.deleteFaces('x', [uuid(1)]),
          store.searchFaces('x', axis(0), everything()),
          store.searchUsers('x', axis(0), everything()),
          store.createUser('x', 'u'),
          store.listUsers('x', { limit: 1 }),
          store.deleteUser('x', 'u'),
        ];
        for (const code of await Promise.all(steps.map(codeOf))) expect(code).toBe('collection-not-found');
      });
    });

    describe('tags', () => {
      it('are set over each other and removed by key', async () => {
        await store.createCollection({ ...newCollection('c'), tags: { a: '1' } });
        await store.putTags('c', { a: '2', b: '3' }, 50);
        expect(await store.tags('c')).toEqual({ a: '2', b: '3' });
        await store.removeTags('c', ['a', 'never-there']);
        expect(await store.tags('c')).toEqual({ b: '3' });
      });

      it('beyond the limit change nothing', async () => {
        await store.createCollection({ ...newCollection('c'), tags: { a: '1' } });
        expect(await codeOf(store.putTags('c', { a: '9', b: '2', c: '3' }, 2))).toBe('tag-limit');
        expect(await store.tags('c')).toEqual({ a: '1' });
      });
    });

    describe('faces', () => {
      it('are found, listed, counted and searched as soon as they are stored', async () => {
        await store.createCollection(newCollection('c'));
        const added = await store.addFaces('c', newImage(1, [newFace(1, axis(0)), newFace(2, axis(1))], 'photo:1'));
        const [first, second] = added.faces;
        expect(added.stored).toBe(2);
        expect(first).toEqual({
          faceId: uuid(1),
          imageId: uuid(1_000_001),
          externalImageId: 'photo:1',
          box: { left: 0.1, top: 0.25, width: 0.3, height: 0.4 },
          confidence: 99.5,
          modelVersion: '1.0',
          storedAtMs: 1_700_000_000_000,
        });
        expect(second?.faceId).toBe(uuid(2));
        expect(await store.findFaces('c', [uuid(2), uuid(9), uuid(1)])).toEqual([second, first]);
        expect((await store.findCollection('c'))?.faceCount).toBe(2);
        expect(await store.searchFaces('c', axis(1), { ...everything(), limit: 1 })).toEqual([
          { face: second, score: near(1) },
        ]);
        expectNear(await store.faceTemplate('c', uuid(1)), axis(0));
        expect(await store.faceTemplate('c', uuid(9))).toBeUndefined();
      });

      it('of the same image under the same external id are stored once', async () => {
        await store.createCollection(newCollection('c'));
        const add = async (face: number, externalId?: string) =>
          (await store.addFaces('c', newImage(1, [newFace(face, axis(0))], externalId))).stored;
        const first = await store.addFaces('c', newImage(1, [newFace(1, axis(0))], 'x'));
        const again = await store.addFaces('c', newImage(1, [newFace(2, axis(0))], 'x'));
        expect(again).toEqual({ faces: first.faces, stored: 0 });
        expect(await add(3, 'y')).toBe(1);
        expect(await add(4)).toBe(1);
        expect(await add(5)).toBe(0);
        expect((await store.findCollection('c'))?.faceCount).toBe(3);
        await store.deleteFaces('c', [uuid(1)]);
        expect(await add(6, 'x')).toBe(1);
      });

      it('that were left out or deleted before are stored when the image comes again, beside those that stand', async () => {
        await store.createCollection(newCollection('c'));
        const elsewhere = { ...newFace(2, axis(1)), box: { left: 0.6, top: 0.25, width: 0.3, height: 0.4 } };
        await store.addFaces('c', newImage(1, [newFace(1, axis(0))], 'x'));
        const both = await store.addFaces('c', newImage(1, [elsewhere, newFace(3, axis(0))], 'x'));
        expect(both.faces.map(({ faceId }) => faceId)).toEqual([uuid(2), uuid(1)]);
        expect(both.stored).toBe(1);
        await store.deleteFaces('c', [uuid(1)]);
        const anew = await store.addFaces('c', newImage(1, [elsewhere, newFace(4, axis(0))], 'x'));
        expect(anew.faces.map(({ faceId }) => faceId)).toEqual([uuid(2), uuid(4)]);
        expect(await search(axis(0))).toContain(uuid(4));
      });

      it("beyond the collection's limit are refused, all of an image together", async () => {
        await withFaces(2);
        const image = { ...newImage(7, [newFace(7, axis(2)), newFace(8, axis(3))]), maxFaces: 3 };
        expect(await codeOf(store.addFaces('c', image))).toBe('collection-full');
        expect((await store.findCollection('c'))?.faceCount).toBe(2);
        expect(await search(axis(2))).toEqual([]);
      });

      it('with templates that can not be compared are refused', async () => {
        await store.createCollection(newCollection('c'));
        for (const template of [new Float32Array(7), new Float32Array(8).fill(Number.NaN)]) {
          await expect(store.addFaces('c', newImage(1, [newFace(1, template)]))).rejects.toThrow(RangeError);
        }
        await expect(store.searchFaces('c', new Float32Array(7), everything())).rejects.toThrow(RangeError);
      });

      it('are listed page by page in the order they were stored, whole, of a user or by id', async () => {
        await withFaces(5);
        await store.createUser('c', 'ann');
        await associate('ann', 4, 1);
        const pages = async (filter: { userId?: string; faceIds?: string[] }, limit: number): Promise<string[][]> => {
          const result: string[][] = [];
          for (let after: number | undefined; ; ) {
            const page = await store.listFaces('c', { ...filter, limit, ...(after === undefined ? {} : { after }) });
            result.push(page.faces.map((face) => face.faceId));
            if (page.cursor === undefined) return result;
            after = page.cursor;
          }
        };
        expect(await pages({}, 2)).toEqual([[uuid(0), uuid(1)], [uuid(2), uuid(3)], [uuid(4)]]);
        expect(await pages({}, 5)).toHaveLength(1);
        expect(await pages({ userId: 'ann' }, 1)).toEqual([[uuid(1)], [uuid(4)]]);
        expect(await pages({ userId: 'nobody' }, 1)).toEqual([[]]);
        expect(await pages({ faceIds: [uuid(3), uuid(0), uuid(77)] }, 4096)).toEqual([[uuid(0), uuid(3)]]);
        expect(await pages({ userId: 'ann', faceIds: [uuid(3), uuid(4)] }, 10)).toEqual([[uuid(4)]]);
      });

      it('of one collection are not seen from another', async () => {
        await withFaces(1);
        await store.createCollection(newCollection('d'));
        await store.addFaces('d', newImage(0, [newFace(0, axis(1)), newFace(1, axis(0))]));
        expect(await search(axis(0))).toEqual([uuid(0)]);
        expect(await store.findFaces('c', [uuid(1)])).toEqual([]);
        await store.deleteFaces('d', [uuid(0)]);
        expect(await store.findFaces('c', [uuid(0)])).toHaveLength(1);
      });

      it('are gone from everywhere when deleted, unknown ones and those of a user named', async () => {
        await withFaces(3);
        await store.createUser('c', 'ann');
        await associate('ann', 1);
        expect(await store.deleteFaces('c', [uuid(0), uuid(1), uuid(9), uuid(0)])).toEqual({
          deleted: [uuid(0)],
          refused: [
            { faceId: uuid(1), reason: 'ASSOCIATED_TO_AN_EXISTING_USER', userId: 'ann' },
            { faceId: uuid(9), reason: 'FACE_NOT_FOUND' },
          ],
        });
        expect(await search(axis(0))).toEqual([]);
        expect(await store.findFaces('c', [uuid(0)])).toEqual([]);
        expect((await store.findCollection('c'))?.faceCount).toBe(2);
      });

      it('are searched with threshold, limit and exclusions', async () => {
        await store.createCollection(newCollection('c'));
        for (let i = 0; i < 6; i++) {
          const template = new Float32Array(8);
          template[0] = 1 - i / 8;
          await store.addFaces('c', newImage(i, [newFace(i, template)]));
        }
        const ids = async (options: { minScore?: number; limit?: number; excludeFaceIds?: ReadonlySet<string> }) =>
          (await store.searchFaces('c', axis(0), { ...everything(), ...options })).map((hit) => hit.face.faceId);
        expect(await ids({ minScore: 0.75 - TOLERANCE })).toEqual([0, 1, 2].map(uuid));
        expect(await ids({ limit: 2 })).toEqual([0, 1].map(uuid));
        expect(await ids({ limit: 2, excludeFaceIds: new Set([uuid(0), uuid(2), uuid(99)]) })).toEqual(
          [1, 3].map(uuid),
        );
        await expect(
          store.searchFaces('c', axis(0), { ...everything(), signal: AbortSignal.abort(new Error('gone')) }),
        ).rejects.toThrow('gone');
      });
    });

    describe('users', () => {
      it('are made once and listed page by page in order of id', async () => {
        await store.createCollection(newCollection('c'));
        for (const id of ['zoe', 'ann', 'bob']) await store.createUser('c', id);
        expect(await codeOf(store.createUser('c', 'bob'))).toBe('user-exists');
        const first = await store.listUsers('c', { limit: 2 });
        expect(first.map((user) => user.userId)).toEqual(['ann', 'bob']);
        expect(first[0]).toMatchObject({ status: 'CREATED', faceCount: 0 });
        expect((await store.listUsers('c', { afterUserId: 'bob', limit: 2 })).map((user) => user.userId)).toEqual([
          'zoe',
        ]);
        expect((await store.findCollection('c'))?.userCount).toBe(3);
        expect(await store.findUser('c', 'eve')).toBeUndefined();
      });

      it("have the mean of their faces' templates, and are searched by it", async () => {
        await withFaces(3);
        await store.createUser('c', 'ann');
        await store.createUser('c', 'bob');
        expect(await store.userTemplate('c', 'ann')).toBeUndefined();
        expect(await store.searchUsers('c', axis(0), everything())).toEqual([]);
        expect(await associate('ann', 0, 1)).toMatchObject({ status: 'ACTIVE', faceCount: 2 });
        await associate('bob', 2);
        expectNear(await store.userTemplate('c', 'ann'), [0.5, 0.5, 0, 0, 0, 0, 0, 0]);
        const hits = await store.searchUsers('c', axis(1), everything());
        expect(hits.map((hit) => [hit.user.userId, hit.score])).toEqual([
          ['ann', near(0.5)],
          ['bob', near(0)],
        ]);
        const others = await store.searchUsers('c', axis(1), { ...everything(), excludeUserIds: new Set(['ann']) });
        expect(others.map((hit) => hit.user.userId)).toEqual(['bob']);
        expect((await store.findFaces('c', [uuid(0)]))[0]?.userId).toBe('ann');
      });

      it('give faces back, and are CREATED again without any', async () => {
        await withFaces(2);
        await store.createUser('c', 'ann');
        const { revision } = await associate('ann', 0, 1);
        const one = await store.disassociateFaces('c', 'ann', { faceIds: [uuid(0)], revision });
        expect(one).toMatchObject({ status: 'ACTIVE', faceCount: 1 });
        expectNear(await store.userTemplate('c', 'ann'), axis(1));
        const none = await store.disassociateFaces('c', 'ann', { faceIds: [uuid(1)], revision: one.revision });
        expect(none).toMatchObject({ status: 'CREATED', faceCount: 0 });
        expect(await store.searchUsers('c', axis(1), everything())).toEqual([]);
        expect((await store.deleteFaces('c', [uuid(0), uuid(1)])).deleted).toHaveLength(2);
      });

      it('leave their faces when deleted', async () => {
        await withFaces(2);
        await store.createUser('c', 'ann');
        await associate('ann', 0, 1);
        await store.deleteUser('c', 'ann');
        expect(await codeOf(store.deleteUser('c', 'ann'))).toBe('user-not-found');
        expect(await store.searchUsers('c', axis(0), everything())).toEqual([]);
        expect((await store.findFaces('c', [uuid(0)]))[0]).not.toHaveProperty('userId');
        expect(await store.findCollection('c')).toMatchObject({ faceCount: 2, userCount: 0 });
        expect(await search(axis(0))).toEqual([uuid(0)]);
      });

      it('change only from the revision that was seen, even under a name used before', async () => {
        await withFaces(4);
        await store.createUser('c', 'ann');
        await store.createUser('c', 'bob');
        const stale = (await store.findUser('c', 'ann'))?.revision ?? -1;
        const { revision } = await associate('ann', 0);
        expect(revision).toBeGreaterThan(stale);
        const change = { faceIds: [uuid(1)], maxFaces: 100 };
        expect(await codeOf(store.associateFaces('c', 'ann', { ...change, revision: stale }))).toBe('user-changed');
        await associate('bob', 2);
        expect(await codeOf(associate('ann', 2))).toBe('user-changed');
        expect(await codeOf(associate('ann', 99))).toBe('user-changed');
        const taking = { faceIds: [uuid(2)], revision };
        expect(await codeOf(store.disassociateFaces('c', 'ann', taking))).toBe('user-changed');
        await store.deleteUser('c', 'ann');
        await store.createUser('c', 'ann');
        await associate('ann', 3);
        expect(await codeOf(store.associateFaces('c', 'ann', { ...change, revision }))).toBe('user-changed');
        expect(await codeOf(store.associateFaces('c', 'eve', { ...change, revision }))).toBe('user-not-found');
      });

      it('hold no more faces than allowed, counting those they have', async () => {
        await withFaces(3);
        await store.createUser('c', 'ann');
        const { revision } = await associate('ann', 0, 1);
        const change = { revision, maxFaces: 2 };
        expect(await codeOf(store.associateFaces('c', 'ann', { ...change, faceIds: [uuid(2)] }))).toBe('user-full');
        expect(await store.associateFaces('c', 'ann', { ...change, faceIds: [uuid(1)] })).toMatchObject({ revision });
        expectNear(await store.userTemplate('c', 'ann'), [0.5, 0.5, 0, 0, 0, 0, 0, 0]);
      });
    });

    it('gives the same answers after it was closed and opened again', async (context) => {
      if (opened.reopen === undefined) return context.skip();
      const random = seededRandom(5);
      await store.createCollection({ ...newCollection('c', 32), tags: { k: 'v' } });
      await store.createCollection(newCollection('deleted'));
      for (let i = 0; i < 60; i++) {
        const faces = [newFace(2 * i, unitVector(random, 32)), newFace(2 * i + 1, unitVector(random, 32))];
        await store.addFaces('c', newImage(i, faces, i % 2 ? `x${i}` : undefined));
      }
      await store.createUser('c', 'ann');
      await store.createUser('c', 'bob');
      await associate('ann', 3, 4, 5);
      await store.deleteFaces('c', [uuid(10), uuid(11)]);
      await store.deleteCollection('deleted');
      const probe = unitVector(random, 32);
      const answers = async (from: CollectionStore): Promise<unknown> => [
        await from.listCollections({ limit: 10 }),
        await from.tags('c'),
        await from.listFaces('c', { limit: 1000 }),
        await from.listUsers('c', { limit: 1000 }),
        await from.searchFaces('c', probe, everything()),
        await from.searchUsers('c', probe, everything()),
        await from.userTemplate('c', 'ann'),
      ];
      const before = await answers(store);
      await opened.close();
      opened = await opened.reopen();
      expect(await answers(opened.collections)).toEqual(before);
    });

    it('is closed for good once closed', async () => {
      await opened.close();
      expect(await codeOf(store.findCollection('c'))).toBe('closed');
    });
  });
}
