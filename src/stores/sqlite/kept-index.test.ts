import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolders } from '../../../tests/builders/folders.ts';
import { everything, newCollection, newFace, seededRandom, unitVector, uuid } from '../../../tests/stores/builders.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { openDatabase } from './database.ts';
import { openStores, type Stores } from './open-stores.ts';
import { COLLECTION_MIGRATIONS } from './schema.ts';

const FACES = 9000;
const DIMENSIONS = 64;
const PER_IMAGE = 100;
const clock = () => 1_800_000_000_000;

const newFolder = temporaryFolders('kept-index');
let dataDir: string;
const random = seededRandom(5);
const templates = Array.from({ length: FACES }, () => unitVector(random, DIMENSIONS));
const open = (more: { indexMemoryBytes?: number } = {}): Promise<Stores> =>
  openStores({ dataDir, clock, keys: storeKeys, ...more });
const codesFile = (): string => join(dataDir, 'index', readdirSync(join(dataDir, 'index'))[0] ?? '');
const templateOf = (number: number): Float32Array => templates[number] ?? new Float32Array(DIMENSIONS);

/** The 50 best by brute force among these. */
function bestOf(probe: Float32Array, numbers: readonly number[]): readonly string[] {
  const scored = numbers.map((number) => ({
    number,
    score: templateOf(number).reduce((sum, value, i) => sum + value * (probe[i] ?? 0), 0),
  }));
  scored.sort((a, b) => b.score - a.score);
  return scored.slice(0, 50).map(({ number }) => uuid(number));
}

async function expectAnswers(stores: Stores, numbers: readonly number[]): Promise<void> {
  expect(stores.damagedCollections()).toEqual([]);
  for (const number of [0, 4095, 4096, 8999]) {
    const probe = unitVector(seededRandom(number), DIMENSIONS);
    const hits = await stores.collections.searchFaces('c', probe, { ...everything(), limit: 50 });
    expect(hits.map((hit) => hit.face.faceId)).toEqual(bestOf(probe, numbers));
  }
}

async function imageOf(stores: Stores, first: number, count: number, externalImageId?: string): Promise<void> {
  await stores.collections.addFaces('c', {
    imageId: uuid(1_000_000 + first),
    ...(externalImageId !== undefined && { externalImageId }),
    modelVersion: '1.0',
    maxFaces: 1_000_000,
    faces: Array.from({ length: count }, (_, i) => {
      const face = newFace(first + i, templateOf(first + i));
      return { ...face, box: { ...face.box, left: i / PER_IMAGE } };
    }),
  });
}

const all = Array.from({ length: FACES }, (_, i) => i);

beforeAll(async () => {
  dataDir = newFolder();
  const stores = await open();
  await stores.collections.createCollection(newCollection('c', DIMENSIONS));
  for (let first = 0; first < FACES; first += PER_IMAGE) {
    await imageOf(stores, first, PER_IMAGE, first % 200 === 0 ? `name-${first}` : undefined);
  }
  await stores.collections.createUser('c', 'ann');
  await stores.collections.associateFaces('c', 'ann', { faceIds: [uuid(3), uuid(5000)], revision: 1, maxFaces: 100 });
  await stores.close();
}, 60_000);

describe('the codes of a large collection on disk', () => {
  it('are read at the next opening, which then opens no template, and everything is answered as before', async () => {
    // 64 dimensions: 148 bytes a face.
    expect(statSync(codesFile()).size).toBeGreaterThan(FACES * 148);
    const started = performance.now();
    const stores = await open();
    const withFile = performance.now() - started;
    await expectAnswers(stores, all);
    const mean = templateOf(3).map((value, i) => (value + (templateOf(5000)[i] ?? 0)) / 2);
    const [user] = await stores.collections.searchUsers('c', mean, everything());
    expect(user?.user).toMatchObject({ userId: 'ann', faceCount: 2 });
    await stores.verified();
    expect(stores.damagedCollections()).toEqual([]);
    await stores.close();
    const kept = readFileSync(codesFile());
    rmSync(codesFile());
    const again = performance.now();
    const rebuilt = await open();
    // Not a measurement: opening every template costs many times as much as reading codes.
    expect(performance.now() - again).toBeGreaterThan(withFile);
    await expectAnswers(rebuilt, all);
    await rebuilt.close();
    expect(readFileSync(codesFile()).length).toBe(kept.length);
  }, 60_000);

  it('hold nothing that could be read without the keys', () => {
    const bytes = readFileSync(codesFile());
    for (const number of [0, 4500]) {
      expect(bytes.includes(Buffer.from(uuid(number).replaceAll('-', ''), 'hex'))).toBe(false);
      const id = Buffer.alloc(16);
      for (const [i, word] of [0, 0x4000, 0x8000_0000, number].entries()) id.writeUInt32LE(word, 4 * i);
      expect(bytes.includes(id)).toBe(false);
    }
  });

  it.each<[string, (bytes: Buffer) => Buffer | undefined]>([
    ['its first bytes', (bytes: Buffer) => void bytes.fill(0, 0, 100)],
    ['a bit of a group', (bytes: Buffer) => void bytes.writeUInt8(bytes.readUInt8(200_000) ^ 4, 200_000)],
    ['the key of a group', (bytes: Buffer) => void bytes.writeUInt8(bytes.readUInt8(16_384 + 20) ^ 1, 16_384 + 20)],
    ['the end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5000)],
    ['two groups for each other', swapGroups],
  ])('are made of the rows again where damage has changed %s', async (_, damage) => {
    const bytes = readFileSync(codesFile());
    writeFileSync(codesFile(), damage(bytes) ?? bytes);
    const stores = await open();
    await expectAnswers(stores, all);
    await stores.close();
  });

  it('of an older time are caught up with, and what was deleted since is neither found nor left in the file', async () => {
    const old = readFileSync(codesFile());
    let stores = await open();
    const gone = all.filter((number) => number % 1000 === 207);
    await stores.collections.deleteFaces(
      'c',
      gone.map((number) => uuid(number)),
    );
    // Before the answer: the keys of the groups that held them are zeros.
    const bytes = readFileSync(codesFile());
    expect(bytes.length).toBeGreaterThan(16_384 + 2 * RECORD);
    for (let group = 0; 16_384 + group * RECORD < bytes.length; group++) {
      expect(bytes.subarray(16_384 + group * RECORD, 16_384 + group * RECORD + 64).every((byte) => byte === 0)).toBe(
        true,
      );
    }
    const left = all.filter((number) => !gone.includes(number));
    await expectAnswers(stores, left);
    await stores.close();
    // A file from before the deletion, as a copy would bring it back.
    writeFileSync(codesFile(), old);
    stores = await open();
    await expectAnswers(stores, left);
    await stores.verified();
    expect(stores.damagedCollections()).toEqual([]);
    await imageOf(stores, 207, 1);
    for (const number of gone.slice(1)) await imageOf(stores, number, 1);
    await expectAnswers(stores, all);
    await stores.close();
  });

  it('do not hide damage to the rows: it is found when a row is read or verified, and never answered from', async () => {
    const bytes = readFileSync(join(dataDir, 'collections.db'));
    const data = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    const row = data.get<{ template: ArrayBuffer }>(
      'SELECT CAST(template AS BLOB) AS template FROM face WHERE face_id = ?',
      [uuid(4444)],
    );
    data.close();
    const at = bytes.indexOf(Buffer.from(row?.template ?? new ArrayBuffer(0)));
    expect(at).toBeGreaterThan(0);
    const damaged = Buffer.from(bytes);
    damaged[at + 60] = (damaged[at + 60] ?? 0) ^ 8;
    writeFileSync(join(dataDir, 'collections.db'), damaged);
    try {
      const asked = await open();
      await expect(
        asked.collections.searchFaces('c', templateOf(4444), { ...everything(), limit: 1 }),
      ).rejects.toMatchObject({ code: 'corrupt' });
      await asked.close();
      const verified = await open();
      await verified.verified();
      expect(verified.damagedCollections()).toMatchObject([
        { collectionId: 'c', reason: expect.stringMatching(/checksum/) },
      ]);
      await verified.close();
    } finally {
      for (const name of ['collections.db-wal', 'collections.db-shm']) rmSync(join(dataDir, name), { force: true });
      writeFileSync(join(dataDir, 'collections.db'), bytes);
    }
    const restored = await open();
    await expectAnswers(restored, all);
    await restored.close();
  });

  it('are refused where they do not fit the memory that the index may take, with what they need, and nothing is lost', async () => {
    const small = await open({ indexMemoryBytes: 500_000 });
    expect(small.damagedCollections()).toMatchObject([
      {
        collectionId: 'c',
        reason: expect.stringMatching(/needs \d+ MiB more and may take 1 MiB.*LIKENESS_INDEX_MEMORY_MIB/),
      },
    ]);
    await expect(small.collections.searchFaces('c', templateOf(1), everything())).rejects.toMatchObject({
      code: 'does-not-fit',
    });
    await small.close();
    const large = await open({ indexMemoryBytes: 3_000_000 });
    await expectAnswers(large, all);
    await expect(
      (async () => {
        for (let first = 20_000; ; first += PER_IMAGE) {
          for (let i = 0; i < PER_IMAGE; i++) templates[first + i] = unitVector(random, DIMENSIONS);
          await imageOf(large, first, PER_IMAGE);
        }
      })(),
    ).rejects.toMatchObject({ code: 'index-full', message: expect.stringMatching(/nothing was added/) });
    const count = (await large.collections.findCollection('c'))?.faceCount ?? 0;
    expect(count % PER_IMAGE).toBe(0);
    expect(large.tally('c')?.faceVectors).toBe(count);
    expect(large.damagedCollections()).toEqual([]);
    await large.close();
  });

  it('go with their collection', async () => {
    const stores = await open();
    expect(existsSync(codesFile())).toBe(true);
    await stores.collections.deleteCollection('c');
    expect(readdirSync(join(dataDir, 'index'))).toEqual([]);
    await stores.close();
  });
});

/** Bytes of a group's record at 64 dimensions: 64 for its key, 8, 28 and 48, 4096 vectors of 148; in whole pages. */
const RECORD = Math.ceil((64 + 8 + 28 + 48 + 4096 * 148) / 4096) * 4096;

function swapGroups(bytes: Buffer): undefined {
  const first = Buffer.from(bytes.subarray(16_384, 16_384 + RECORD));
  bytes.copyWithin(16_384, 16_384 + RECORD, 16_384 + 2 * RECORD);
  first.copy(bytes, 16_384 + RECORD);
}
