import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seededRandom, unitVector, uuid } from '../../../tests/stores/builders.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import type { CollectionRow } from './collection-rows.ts';
import type { CollectionTables } from './collection-tables.ts';
import { type Database, openDatabase } from './database.ts';
import { COLLECTION_MIGRATIONS } from './schema.ts';
import { type FaceToSeal, sealAhead } from './seal-ahead.ts';
import { createVault, type Vault } from './vault.ts';

const NOW = 1_700_000_000_000;
const DIMENSIONS = 512;
let database: Database;
let vault: Vault;
let collection: CollectionRow;
/** As far as sealing goes. */
const tables = () => ({ vault, read: (_: string, work: (row: CollectionRow) => unknown) => work(collection) }) as never;

beforeEach(() => {
  database = openDatabase(':memory:', COLLECTION_MIGRATIONS);
  vault = createVault(database, storeKeys.sealer('collections'));
  for (const number of [1, 2]) vault.makeKeys(number);
  collection = rowOf(1);
});
afterEach(() => database.close());

const rowOf = (number: number, dimensions = DIMENSIONS) => ({ number, dimensions, id: 'c' }) as CollectionRow;
const random = seededRandom(3);
const facesOf = (names: readonly (string | null)[]): FaceToSeal[] =>
  names.map((name, i) => ({
    face_id: uuid(i + 1),
    external_image_id: name,
    model_version: '1.0',
    template: unitVector(random, DIMENSIONS),
  }));
const opens = (faces: readonly FaceToSeal[], sealedOf: ReturnType<Awaited<ReturnType<typeof sealAhead>>>) => {
  const own = vault.of(collection);
  for (const [place, face] of faces.entries()) {
    const { turned, sealed } = sealedOf(place, NOW);
    expect(turned).toEqual(own.rotation.turn(face.template));
    expect(own.openFace(face, sealed)).toEqual(turned);
  }
};
const ahead = (faces: readonly FaceToSeal[]) => sealAhead(tables() as CollectionTables, 'c', faces);

it('seals under the names and salts of the faces, and lets others run meanwhile', async () => {
  const faces = facesOf([...Array.from({ length: 200 }, () => 'one'), 'two', null, null]);
  let turns = 0;
  let sealing = true;
  const counting = (async () => {
    for (; sealing; turns++) await nextTurn();
  })();
  const take = await ahead(faces);
  sealing = false;
  await counting;
  expect(turns).toBeGreaterThan(2);
  expect(vault.of(collection).subjectKey('one')).toBeUndefined();
  opens(faces, take(collection));
  // A transaction that is run again, its first run undone.
  database.run('DELETE FROM subject_key');
  opens(faces, take(collection));
  expect(vault.of(collection).subjectKey('two')?.madeAtMs).toBe(NOW);
});

it('seals anew under the key that a name has got meanwhile', async () => {
  const faces = facesOf(['one', 'one']);
  const take = await ahead(faces);
  const key = vault.of(collection).ensureSubjectKey('one', NOW - 5);
  opens(faces, take(collection));
  expect(vault.of(collection).subjectKey('one')).toEqual({ key, madeAtMs: NOW - 5 });
});

it('never brings a key back that was destroyed meanwhile', async () => {
  const own = vault.of(collection);
  const destroyed = own.ensureSubjectKey('one', NOW - 5);
  const faces = facesOf(['one', 'one']);
  const take = await ahead(faces);
  own.destroySubjectKey('one');
  opens(faces, take(collection));
  expect(own.subjectKey('one')?.key).not.toEqual(destroyed);
});

it('seals anew for another collection that has got the name', async () => {
  const faces = facesOf(['one', null]);
  const take = await ahead(faces);
  collection = rowOf(2);
  opens(faces, take(collection));
});

it('refuses templates of other dimensions, before and in the transaction', async () => {
  const faces = facesOf([null]);
  await expect(ahead([{ ...(faces[0] as FaceToSeal), template: new Float32Array(3) }])).rejects.toThrow(RangeError);
  const take = await ahead(faces);
  expect(() => take(rowOf(1, 3))(0, NOW)).toThrow('a template of collection c is 3 finite numbers');
});
