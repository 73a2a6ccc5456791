import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectionStore } from '../../src/stores/ports/index.ts';
import { codeOf, everything, newCollection, newFace, newImage, uuid } from './builders.ts';
import type { OpenedCollections } from './collection-contract.ts';

const axis = (i: number): Float32Array => Float32Array.from({ length: 8 }, (_, j) => (i === j ? 1 : 0));
const day = 86_400_000;
/** What the store's clock says at first. */
export const startMs = 1_700_000_000_000;

/** What every {@link CollectionStore} must do for those whom it knows: name, list and erase them. */
export function describeSubjects(name: string, open: (clock: () => number) => Promise<OpenedCollections>): void {
  describe(`${name} as a keeper of subjects`, () => {
    let opened: OpenedCollections;
    let store: CollectionStore;
    let now: number;
    beforeEach(async () => {
      now = startMs;
      opened = await open(() => now);
      store = opened.collections;
      await store.createCollection({ ...newCollection('c'), purpose: 'access-control' });
    });
    afterEach(() => opened.close());

    const add = async (face: number, axisOf: number, externalImageId?: string) => {
      await store.addFaces('c', newImage(face, [newFace(face, axis(axisOf))], externalImageId));
    };
    const makeUser = async (userId: string, ...faces: number[]) => {
      await store.createUser('c', userId);
      const revision = (await store.findUser('c', userId))?.revision ?? -1;
      await store.associateFaces('c', userId, { faceIds: faces.map(uuid), revision, maxFaces: 100 });
    };
    const found = async (axisOf: number): Promise<string[]> =>
      (await store.searchFaces('c', axis(axisOf), { ...everything(), minScore: 0.4 })).map((hit) => hit.face.faceId);
    const users = async (axisOf: number): Promise<string[]> =>
      (await store.searchUsers('c', axis(axisOf), { ...everything(), minScore: 0.4 })).map((hit) => hit.user.userId);

    describe('pseudonyms', () => {
      it('are the same for every face and user of a name, others for other names and collections', async () => {
        await add(1, 0, 'ann');
        const first = await store.subjectPseudonym('c', 'ann');
        expect(first).toMatch(/^[0-9a-f]{64}$/);
        await add(2, 1, 'ann');
        await store.createUser('c', 'ann');
        await add(3, 2, 'bob');
        await store.createCollection(newCollection('d'));
        await store.addFaces('d', newImage(1, [newFace(1, axis(0))], 'ann'));
        expect(await store.subjectPseudonym('c', 'ann')).toBe(first);
        const others = [await store.subjectPseudonym('c', 'bob'), await store.subjectPseudonym('d', 'ann')];
        expect(new Set([first, ...others]).size).toBe(3);
        expect(await store.subjectPseudonym('c', 'eve')).toBeUndefined();
      });

      it('are made with a user, and with a face that has no name', async () => {
        await store.createUser('c', 'ann');
        expect(await store.subjectPseudonym('c', 'ann')).toBeDefined();
        await add(1, 0);
        await add(2, 1);
        const pseudonyms = [await store.subjectPseudonym('c', uuid(1)), await store.subjectPseudonym('c', uuid(2))];
        expect(pseudonyms).not.toContain(undefined);
        expect(new Set(pseudonyms).size).toBe(2);
        await add(3, 2, 'bob');
        expect(await store.subjectPseudonym('c', uuid(3))).toBeUndefined();
      });

      it('end with the last face and user of a name, and are others when the name comes back', async () => {
        await add(1, 0, 'ann');
        await add(2, 1, 'ann');
        await makeUser('ann');
        const first = await store.subjectPseudonym('c', 'ann');
        await store.deleteFaces('c', [uuid(1), uuid(2)]);
        expect(await store.subjectPseudonym('c', 'ann')).toBe(first);
        await store.deleteUser('c', 'ann');
        expect(await store.subjectPseudonym('c', 'ann')).toBeUndefined();
        await add(3, 0, 'ann');
        expect(await store.subjectPseudonym('c', 'ann')).toMatch(/^[0-9a-f]{64}$/);
        expect(await store.subjectPseudonym('c', 'ann')).not.toBe(first);
      });
    });

    it('lists names with their faces and times page by page, then faces without a name', async () => {
      await add(1, 0, 'bob');
      now += day;
      await add(2, 1, 'ann');
      await add(3, 2, 'ann');
      await add(4, 3);
      await add(5, 4);
      await add(6, 5);
      await makeUser('cleo', 5, 3);
      await store.createUser('c', 'dan');
      await store.markUsed('c', [uuid(3), uuid(4), uuid(99)], now + 2 * day + 7);
      const pages = async (limit: number) => {
        const all = [];
        for (let after: string | undefined; ; ) {
          const page = await store.listSubjects('c', { limit, ...(after === undefined ? {} : { after }) });
          expect(page.subjects.length).toBeLessThanOrEqual(limit);
          all.push(...page.subjects);
          if (page.cursor === undefined) return all;
          after = page.cursor;
        }
      };
      const usedDay = Math.floor((now + 2 * day) / day) * day;
      const expected = [
        { subject: 'ann', kind: 'name', faces: 2, storedAtMs: now, lastUsedAtMs: usedDay },
        { subject: 'bob', kind: 'name', faces: 1, storedAtMs: startMs },
        { subject: 'cleo', kind: 'name', faces: 2, storedAtMs: now, lastUsedAtMs: usedDay },
        { subject: 'dan', kind: 'name', faces: 0, storedAtMs: now },
        { subject: uuid(4), kind: 'face', faces: 1, storedAtMs: now, lastUsedAtMs: usedDay },
        { subject: uuid(6), kind: 'face', faces: 1, storedAtMs: now },
      ];
      for (const limit of [1, 2, 3, 5, 6, 100]) expect(await pages(limit)).toEqual(expected);
    });

    it('visits every subject of every collection, each name once', async () => {
      await add(1, 0, 'ann');
      await add(2, 1, 'ann');
      await add(3, 2);
      await makeUser('bob', 3);
      await store.createCollection({ ...newCollection('d'), purpose: 'evaluation' });
      await store.addFaces('d', newImage(1, [newFace(1, axis(0))], 'ann'));
      const visited: unknown[] = [];
      await store.forEachSubject((subject) => visited.push(Object.values(subject)));
      expect(visited).toEqual([
        ['c', 'access-control', 'ann', startMs],
        ['c', 'access-control', 'bob', startMs],
        ['c', 'access-control', uuid(3), startMs],
        ['d', 'evaluation', 'ann', startMs],
      ]);
    });

    it('finds the faces of a name, of a user, and a face without a name by its id', async () => {
      await add(1, 0, 'ann');
      await add(2, 1);
      await add(3, 2, 'bob');
      await makeUser('ann', 2);
      const ids = async (subject: string) =>
        (await store.findFacesOfSubject('c', subject)).map(({ faceId }) => faceId).sort();
      expect(await ids('ann')).toEqual([uuid(1), uuid(2)]);
      expect(await ids(uuid(2))).toEqual([uuid(2)]);
      expect(await ids(uuid(3))).toEqual([]);
      expect(await ids('eve')).toEqual([]);
    });

    it('scores a template against the best of the faces of a subject', async () => {
      await add(1, 0, 'ann');
      await add(2, 1, 'ann');
      await add(3, 2, 'bob');
      const score = (subject: string) =>
        store.scoreAgainstSubject('c', subject, Float32Array.of(0.6, 0.8, 0, 0, 0, 0, 0, 0));
      expect(await score('ann')).toBeCloseTo(0.8, 6);
      expect(await score('bob')).toBeCloseTo(0, 6);
      expect(await score('eve')).toBeUndefined();
    });

    it('erases a subject with its faces, its user and its keys, and rebuilds the users who shared faces', async () => {
      await add(1, 0, 'ann');
      await add(2, 1, 'ann');
      await add(3, 2, 'bob');
      await add(4, 3);
      await makeUser('ann', 3);
      await makeUser('cleo', 2, 4);
      expect(await users(1)).toEqual(['cleo']);
      const before = (await store.findUser('c', 'cleo'))?.revision ?? 0;
      expect(await store.eraseSubject('c', 'ann')).toEqual({ faces: 3, users: 1, keys: 2 });
      for (const erased of [0, 1, 2]) expect(await found(erased)).toEqual([]);
      expect(await users(1)).toEqual([]);
      expect(await users(2)).toEqual([]);
      expect(await users(3)).toEqual(['cleo']);
      expect(await store.findUser('c', 'ann')).toBeUndefined();
      expect(await store.findUser('c', 'cleo')).toMatchObject({ faceCount: 1, status: 'ACTIVE' });
      expect((await store.findUser('c', 'cleo'))?.revision).toBeGreaterThan(before);
      expect(await store.findCollection('c')).toMatchObject({ faceCount: 1, userCount: 1 });
      for (const name of ['ann', 'bob']) expect(await store.subjectPseudonym('c', name)).toBeUndefined();
      expect(await store.findFacesOfSubject('c', 'ann')).toEqual([]);
      expect(await store.eraseSubject('c', 'ann')).toEqual({ faces: 0, users: 0, keys: 0 });
    });

    it('erases a face without a name as a subject, also out of a user', async () => {
      await add(1, 0);
      await makeUser('ann', 1);
      expect(await store.eraseSubject('c', uuid(1))).toEqual({ faces: 1, users: 0, keys: 1 });
      expect(await store.findUser('c', 'ann')).toMatchObject({ faceCount: 0, status: 'CREATED' });
    });

    it('erases faces by id, even those of a user, whose vector is that of the others then', async () => {
      await add(1, 0, 'x');
      await add(2, 1);
      await add(3, 2);
      await makeUser('ann', 1, 2);
      expect(await store.eraseFaces('c', [uuid(2), uuid(3), uuid(77)])).toEqual({ faces: 2, users: 0, keys: 2 });
      expect(await users(0)).toEqual(['ann']);
      expect(await users(1)).toEqual([]);
      expect(await found(2)).toEqual([]);
      expect(await store.eraseFaces('c', [uuid(1)])).toEqual({ faces: 1, users: 0, keys: 1 });
      expect(await store.findUser('c', 'ann')).toMatchObject({ status: 'CREATED', faceCount: 0 });
    });

    it('knows which faces are due: stored long ago, or long unused', async () => {
      await add(1, 0);
      await add(2, 1);
      now += 10 * day;
      await add(3, 2);
      await store.markUsed('c', [uuid(2)], now);
      // A use that comes to be known late does not set back a later one.
      await store.markUsed('c', [uuid(2)], now - 5 * day);
      const due = async (what: { storedBeforeMs?: number; unusedSinceMs?: number }, limit = 10) =>
        (await store.facesDue('c', { ...what, limit })).map(({ faceId }) => faceId);
      expect(await due({})).toEqual([]);
      expect(await due({ storedBeforeMs: startMs })).toEqual([]);
      expect(await due({ storedBeforeMs: now })).toEqual([uuid(1), uuid(2)]);
      expect(await due({ storedBeforeMs: now }, 1)).toEqual([uuid(1)]);
      expect(await due({ unusedSinceMs: now - day })).toEqual([uuid(1)]);
      expect(await due({ unusedSinceMs: now + 2 * day })).toEqual([uuid(1), uuid(2), uuid(3)]);
      expect(await due({ storedBeforeMs: startMs + 1, unusedSinceMs: now + 2 * day })).toEqual([1, 2, 3].map(uuid));
      await store.eraseFaces('c', [uuid(2)]);
      await add(4, 1);
      expect((await store.listSubjects('c', { limit: 10 })).subjects.at(-1)).toEqual({
        subject: uuid(4),
        kind: 'face',
        faces: 1,
        storedAtMs: now,
      });
    });

    it('keeps keys, times and uses over a restart', async (context) => {
      if (opened.reopen === undefined) return context.skip();
      await add(1, 0, 'ann');
      await add(2, 1);
      await makeUser('bob', 2);
      await store.markUsed('c', [uuid(1)], now);
      const answers = async (): Promise<unknown> => [
        await store.listSubjects('c', { limit: 10 }),
        await store.subjectPseudonym('c', 'ann'),
        await store.subjectPseudonym('c', 'bob'),
        await store.subjectPseudonym('c', uuid(2)),
        await store.findFaces('c', [uuid(1), uuid(2)]),
      ];
      const before = await answers();
      await opened.close();
      opened = await opened.reopen();
      store = opened.collections;
      now += day;
      expect(await answers()).toEqual(before);
      expect(await store.scoreAgainstSubject('c', 'ann', axis(0))).toBeCloseTo(1, 6);
    });

    it('says by name that a collection is not there', async () => {
      const steps = [
        store.subjectPseudonym('x', 's'),
        store.listSubjects('x', { limit: 1 }),
        store.findFacesOfSubject('x', 's'),
        store.scoreAgainstSubject('x', 's', axis(0)),
        store.eraseSubject('x', 's'),
        store.eraseFaces('x', [uuid(1)]),
        store.markUsed('x', [uuid(1)], now),
        store.facesDue('x', { limit: 1 }),
      ];
      for (const code of await Promise.all(steps.map(codeOf))) expect(code).toBe('collection-not-found');
    });
  });
}
