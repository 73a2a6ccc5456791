import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolders } from '../../../tests/builders/folders.ts';
import {
  codeOf,
  everything,
  newCollection,
  newFace,
  newImage,
  seededRandom,
  unitVector,
  uuid,
} from '../../../tests/stores/builders.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { createFlatIndex } from '../vectors/flat-index.ts';
import { openStores, type Stores } from './open-stores.ts';

const newFolder = temporaryFolders('at-once');

const clock = (): number => 1_700_000_000_000;
let dataDir: string;
let stores: Stores;
beforeEach(async () => {
  dataDir = newFolder();
  stores = await openStores({ dataDir, clock, keys: storeKeys });
  await stores.collections.createCollection(newCollection('c', 32));
});
afterEach(() => stores.close());

const random = seededRandom(5);
const templates = Array.from({ length: 40 }, () => unitVector(random, 32));
const face = (number: number) => newFace(number, templates[number] as Float32Array);
const best = async (number: number) =>
  (await stores.collections.searchFaces('c', templates[number] as Float32Array, { ...everything(), limit: 1 }))[0]?.face
    .faceId;
const stored = async () => (await stores.collections.listFaces('c', { limit: 100 })).faces.map(({ faceId }) => faceId);

it('stores images that come at once in their order, each found as soon as it is acknowledged', async () => {
  const found = templates.map(async (_, i) => {
    await stores.collections.addFaces('c', newImage(i, [face(i)], i % 2 === 0 ? `subject ${i % 6}` : undefined));
    return best(i);
  });
  expect(await Promise.all(found)).toEqual(templates.map((_, i) => uuid(i)));
  expect(await stored()).toEqual(templates.map((_, i) => uuid(i)));
  await stores.close();
  stores = await openStores({ dataDir, clock, keys: storeKeys });
  expect(stores.damagedCollections()).toEqual([]);
  expect((await stores.collections.findCollection('c'))?.faceCount).toBe(templates.length);
  expect(await best(7)).toBe(uuid(7));
});

it('refuses those that are refused among them, and those alone', async () => {
  const { collections } = stores;
  const outcomes = await Promise.allSettled([
    collections.addFaces('c', newImage(0, [face(0)])),
    collections.addFaces('c', { ...newImage(1, [face(1), face(2)]), maxFaces: 2 }),
    collections.addFaces('never-made', newImage(2, [face(3)])),
    collections.addFaces('c', newImage(3, [newFace(4, new Float32Array(31))])),
    // The same face id again: the row is refused by the database itself.
    collections.addFaces('c', newImage(4, [face(5), face(0)])),
    collections.addFaces('c', newImage(5, [face(6)])),
  ]);
  expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, false, false, false, true]);
  expect(await stored()).toEqual([uuid(0), uuid(6)]);
  expect((await collections.findCollection('c'))?.faceCount).toBe(2);
  expect(await best(5)).not.toBe(uuid(5));
  expect(stores.damagedCollections()).toEqual([]);
});

it('counts the limit of a collection over images that come at once', async () => {
  const adding = templates.map((_, i) =>
    codeOf(stores.collections.addFaces('c', { ...newImage(i, [face(i)]), maxFaces: 10 })),
  );
  const codes = await Promise.all(adding);
  expect(codes.filter((code) => code === 'collection-full')).toHaveLength(30);
  expect(await stored()).toHaveLength(10);
});

it('makes one face of an image that comes twice at once', async () => {
  const twice = await Promise.all(
    [1, 2].map((number) => stores.collections.addFaces('c', newImage(9, [face(number)], 'x'))),
  );
  expect(twice.map(({ stored: fresh }) => fresh)).toEqual([1, 0]);
  expect(await stored()).toEqual([uuid(1)]);
});

it('keeps what was stored when the index of one collection cannot follow, and the other collections', async () => {
  const flat = createFlatIndex();
  const vectors = {
    ...flat,
    put: (space: string, added: Parameters<typeof flat.put>[1]) => {
      if (space.startsWith('2/')) throw new Error('no memory');
      flat.put(space, added);
    },
  };
  const broken = await openStores({ dataDir: ':memory:', clock, keys: storeKeys, vectors });
  for (const id of ['c', 'd']) await broken.collections.createCollection(newCollection(id, 32));
  const codes = ['c', 'd', 'c'].map((id, i) => codeOf(broken.collections.addFaces(id, newImage(i, [face(i)]))));
  expect(await Promise.all(codes)).toEqual(['no error', 'corrupt', 'no error']);
  expect(broken.damagedCollections().map(({ collectionId }) => collectionId)).toEqual(['d']);
  expect((await broken.collections.findCollection('c'))?.faceCount).toBe(2);
  await broken.close();
});
