import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { everything, seededRandom, unitVector, uuid } from '../../../tests/stores/builders.ts';
import { filesBelow, findBytes, findTemplate } from '../../../tests/stores/byte-search.ts';
import { oldCreatedAtMs, writeOldCollection, writeOldKey } from '../../../tests/stores/old-data-folder.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { openDatabase } from './database.ts';
import { openStores, type Stores } from './open-stores.ts';
import { COLLECTION_MIGRATIONS } from './schema.ts';
import { plainCollections, sealPlainRows } from './seal-plain-rows.ts';
import { createVault } from './vault.ts';

const root = mkdtempSync(join(tmpdir(), 'likeness-old-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const newFolder = (): string => mkdtempSync(join(root, 'data-'));
const open = (dataDir: string): Promise<Stores> =>
  openStores({ dataDir, clock: () => 1_800_000_000_000, keys: storeKeys });
const random = seededRandom(99);
const templates = Array.from({ length: 30 }, () => unitVector(random, 128));
const faces = templates.map((template, i) => ({
  number: i,
  template,
  ...(i % 3 === 0 ? { externalImageId: `photo-${i % 2}` } : {}),
  ...(i === 4 || i === 5 ? { userId: 'ann' } : {}),
}));

describe('a data folder of the first version', () => {
  it('answers as before, with nothing plain left in any file while it is open and after', async () => {
    const dataDir = newFolder();
    writeOldCollection(dataDir, 'old', faces, ['ann', 'bob']);
    writeOldCollection(dataDir, 'empty', []);
    // The search finds what it is to miss later.
    const [first = new Float32Array(), second = new Float32Array()] = templates;
    expect(findTemplate(filesBelow(dataDir), first).map(({ form }) => form)).toContain('float32');

    const stores = await open(dataDir);
    expect(stores.damagedCollections()).toEqual([]);
    const whileOpen = filesBelow(dataDir);
    const { collections } = stores;
    expect(await collections.findCollection('old')).toMatchObject({ faceCount: 30, userCount: 2 });
    for (const [i, template] of templates.entries()) {
      const [best] = await collections.searchFaces('old', template, { ...everything(), limit: 1 });
      expect(best?.face.faceId).toBe(uuid(i));
      expect(best?.score).toBeCloseTo(1, 6);
    }
    expect((await collections.findFaces('old', [uuid(0)]))[0]).toMatchObject({
      externalImageId: 'photo-0',
      storedAtMs: oldCreatedAtMs,
    });
    expect(await collections.subjectPseudonym('old', 'ann')).toBeDefined();
    expect(await collections.subjectPseudonym('old', 'bob')).toBeDefined();
    expect(await collections.subjectPseudonym('old', 'photo-1')).toBeDefined();
    const [hit] = await collections.searchUsers('old', templates[4] ?? first, everything());
    expect(hit?.user.userId).toBe('ann');
    await stores.close();
    for (const files of [whileOpen, filesBelow(dataDir)]) {
      for (const template of [first, second, ...templates.slice(20)]) expect(findTemplate(files, template)).toEqual([]);
    }
    const again = await open(dataDir);
    expect(again.damagedCollections()).toEqual([]);
    await again.close();
  });

  it('is sealed to the end when the sealing was cut short after any of its steps', async () => {
    const source = newFolder();
    const many = Array.from({ length: 2300 }, (_, i) => ({ number: i, template: unitVector(random, 16) }));
    writeOldCollection(source, 'large', many);
    writeOldCollection(
      source,
      'small',
      faces.slice(0, 3).map(({ number, template }) => ({ number, template })),
    );
    class Killed extends Error {}
    let cuts = 0;
    for (let steps = 1; ; steps++) {
      const dataDir = newFolder();
      cpSync(source, dataDir, { recursive: true });
      const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
      const vault = createVault(database, storeKeys.sealer('collections'));
      let left = steps;
      const counting = {
        ...database,
        write: <T>(work: () => T): T => {
          if (left-- === 0) throw new Killed();
          return database.write(work);
        },
        run: (sql: string, values?: readonly (string | number | null | Uint8Array)[]): number => {
          if (sql === 'VACUUM' && left-- === 0) throw new Killed();
          return database.run(sql, values);
        },
      };
      const outcome = await sealPlainRows(counting, vault).then(
        () => 'done',
        (error: unknown) => (error instanceof Killed ? 'cut' : Promise.reject(error)),
      );
      database.close();
      const stores = await open(dataDir);
      expect(stores.damagedCollections(), `after ${steps} steps`).toEqual([]);
      for (const number of [0, 1000, 2299]) {
        const template = many[number]?.template ?? new Float32Array();
        const [best] = await stores.collections.searchFaces('large', template, { ...everything(), limit: 1 });
        expect(best?.face.faceId).toBe(uuid(number));
      }
      await stores.close();
      const files = filesBelow(dataDir);
      expect(
        findBytes(files, new Uint8Array((many[2299]?.template ?? new Float32Array()).buffer), 'a template'),
      ).toEqual([]);
      expect(findBytes(files, new Uint8Array(Float32Array.from(templates[0] ?? []).buffer), 'a template')).toEqual([]);
      rmSync(dataDir, { recursive: true });
      if (outcome === 'done') break;
      cuts++;
    }
    expect(cuts).toBeGreaterThan(5);
  }, 60_000);

  it('with a damaged face keeps it in quarantine, sealed as it stands, and nothing of it in plain text', async () => {
    const dataDir = newFolder();
    writeOldCollection(dataDir, 'harmed', faces, ['ann']);
    writeOldCollection(dataDir, 'sound', faces, ['ann']);
    const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS.slice(0, 1));
    database.run("UPDATE face SET image_id = 'x' WHERE face_id = ? AND collection_number = 1", [uuid(7)]);
    database.close();
    const stores = await open(dataDir);
    expect(stores.damagedCollections().map(({ collectionId }) => collectionId)).toEqual(['harmed']);
    expect(await stores.collections.findCollection('sound')).toMatchObject({ faceCount: 30 });
    await stores.close();
    for (const i of [6, 7, 8])
      expect(findTemplate(filesBelow(dataDir), templates[i] ?? new Float32Array())).toEqual([]);
    const again = await open(dataDir);
    expect(again.damagedCollections().map(({ collectionId }) => collectionId)).toEqual(['harmed']);
    await again.close();
  });

  it('has its access keys sealed by whoever opens it first', async () => {
    const key = {
      accessKeyId: 'AKOLD',
      secretAccessKey: 'the-secret-of-an-old-key-0123456789',
      sessionToken: 'the-token-of-an-old-key',
      person: 'ann',
      operations: '*',
      collections: '*',
      purposes: ['photo-library'],
      createdAtMs: 1,
    } as const;
    const secret = Buffer.from(key.secretAccessKey);
    const dataDir = newFolder();
    writeOldKey(dataDir, key);
    expect(findBytes(filesBelow(dataDir), secret, 'a secret')).not.toEqual([]);
    const { keys, close } = await open(dataDir);
    expect(await keys.find('AKOLD')).toEqual(key);
    const files = filesBelow(dataDir);
    expect(findBytes(files, secret, 'a secret')).toEqual([]);
    expect(findBytes(files, Buffer.from(key.sessionToken), 'a token')).toEqual([]);
    await close();
  });
});

describe('the list of what is still plain', () => {
  it('is empty for a folder that was made by this version', async () => {
    const dataDir = newFolder();
    await (await open(dataDir)).close();
    const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    expect(plainCollections(database).size).toBe(0);
    expect(database.all('SELECT collection_number FROM plain_remains')).toEqual([]);
    database.close();
  });
});
