import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../../../tests/builders/folders.ts';
import {
  everything,
  newCollection,
  newFace,
  newImage,
  seededRandom,
  unitVector,
  uuid,
} from '../../../tests/stores/builders.ts';
import { filesBelow, findTemplate } from '../../../tests/stores/byte-search.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import type { CollectionRow } from './collection-rows.ts';
import { COLLECTION_COLUMNS } from './collection-rows.ts';
import { openDatabase } from './database.ts';
import { openStores } from './open-stores.ts';
import { COLLECTION_MIGRATIONS } from './schema.ts';
import { createVault } from './vault.ts';

const newFolder = temporaryFolders('staging');
const clock = (): number => 1_700_000_000_000;
const open = (dataDir: string) => openStores({ dataDir, keys: storeKeys, clock });

const random = seededRandom(7);
const FACES = 6;
const dimensions = 128;
const old = Array.from({ length: FACES }, () => unitVector(random, dimensions));
const fresh = Array.from({ length: FACES }, () => unitVector(random, dimensions));
const to = { modelVersion: '2.0', dimensions, startedAtMs: 1 };

/** A folder with a collection of six faces, every second named, all of them staged. */
async function stagedFolder() {
  const dataDir = newFolder();
  const stores = await open(dataDir);
  await stores.collections.createCollection(newCollection('c', dimensions));
  for (const [i, template] of old.entries()) {
    await stores.collections.addFaces('c', newImage(i, [newFace(i, template)], i % 2 ? `name-${i}` : undefined));
  }
  await stores.collections.beginStaging('c', to);
  const templates = fresh.map((template, i) => ({ faceId: uuid(i), template }));
  await stores.collections.stageTemplates('c', '2.0', templates);
  return { dataDir, stores };
}

/** A template as the collection turns it. */
function turned(dataDir: string, template: Float32Array): Float32Array {
  const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
  try {
    const row = database.get<CollectionRow>(`SELECT ${COLLECTION_COLUMNS} FROM collection`);
    if (row === undefined) throw new Error('no collection');
    return createVault(database, storeKeys.sealer('collections')).of(row).rotation.turn(template);
  } finally {
    database.close();
  }
}

/** Sealed staged templates as they stand in the file. */
function stagedBytes(dataDir: string): Uint8Array[] {
  const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
  try {
    return database
      .all<{ template: ArrayBuffer }>('SELECT CAST(template AS BLOB) AS template FROM staged_face')
      .map(({ template }) => new Uint8Array(template));
  } finally {
    database.close();
  }
}

describe('staged templates on disk', () => {
  it('are never in plain text, turned or not, staged or switched to', async () => {
    const { dataDir, stores } = await stagedFolder();
    const look = () => {
      for (const template of [...fresh, ...old]) {
        expect(findTemplate(filesBelow(dataDir), template)).toEqual([]);
        expect(findTemplate(filesBelow(dataDir), turned(dataDir, template))).toEqual([]);
      }
    };
    await stores.close();
    look();
    const again = await open(dataDir);
    await again.collections.switchModel('c', { modelVersion: '2.0', dropFaceIds: [] });
    await again.close();
    look();
  });

  it('are overwritten when the move is given up, and when a subject is erased', async () => {
    const { dataDir, stores } = await stagedFolder();
    await stores.close();
    const [ofNobody, ofName] = stagedBytes(dataDir);
    const isThere = (sealed: Uint8Array | undefined) =>
      [...filesBelow(dataDir).values()].some((file) => file.includes(Buffer.from(sealed ?? [])));
    expect([isThere(ofNobody), isThere(ofName)]).toEqual([true, true]);
    const again = await open(dataDir);
    await again.collections.eraseSubject('c', 'name-1');
    expect([isThere(ofNobody), isThere(ofName)]).toEqual([true, false]);
    await again.collections.dropStaging('c');
    expect(isThere(ofNobody)).toBe(false);
    await again.close();
  });

  it('are made again where a bit has flipped, and the collection goes on', async () => {
    const { dataDir, stores } = await stagedFolder();
    await stores.close();
    const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    database.run('UPDATE staged_face SET template = zeroblob(length(template)) WHERE position % 4 = 0');
    database.close();
    const again = await open(dataDir);
    const before = await again.collections.findStaging('c');
    expect(before?.pendingFaces).toBe(0);
    await expect(again.collections.switchModel('c', { modelVersion: '2.0', dropFaceIds: [] })).rejects.toMatchObject({
      code: 'staging-incomplete',
    });
    const resumed = await again.collections.beginStaging('c', to);
    expect(resumed.pendingFaces).toBeGreaterThan(0);
    expect(await again.collections.searchFaces('c', old[0]!, everything())).toHaveLength(FACES);
    expect(again.damagedCollections()).toEqual([]);
    await again.close();
  });

  it('are counted as strays where their face is gone', async () => {
    const { dataDir, stores } = await stagedFolder();
    expect(stores.tally('c')?.stagedStrays).toBe(0);
    await stores.close();
    const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    database.run('DELETE FROM staging');
    database.close();
    const again = await open(dataDir);
    expect(again.tally('c')?.stagedStrays).toBe(FACES);
    await again.close();
  });
});
