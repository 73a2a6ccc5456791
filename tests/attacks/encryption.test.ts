import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openKeyring, parseMasterKey } from '../../src/keyring/index.ts';
import { createSealer } from '../../src/shared/sealing.ts';
import { openStores, type StoreKeys } from '../../src/stores/index.ts';
import { addChecksum, subtractChecksum } from '../../src/stores/sqlite/checksums.ts';
import { COLLECTION_COLUMNS, type CollectionRow, saveCollection } from '../../src/stores/sqlite/collection-rows.ts';
import { type Database, openDatabase } from '../../src/stores/sqlite/database.ts';
import { FACE_COLUMNS, type FaceRow, faceChecksum } from '../../src/stores/sqlite/face-rows.ts';
import { COLLECTION_MIGRATIONS } from '../../src/stores/sqlite/schema.ts';
import { encodeTemplate } from '../../src/stores/sqlite/template-codec.ts';
import { createVault } from '../../src/stores/sqlite/vault.ts';
import { openOffice } from '../builders/office.ts';
import {
  codeOf,
  everything,
  newCollection,
  newFace,
  newImage,
  seededRandom,
  unitVector,
  uuid,
} from '../stores/builders.ts';
import { type Find, filesBelow, findBytes, findTemplate } from '../stores/byte-search.ts';
import { storeKeys } from '../stores/store-keys.ts';

const root = mkdtempSync(join(tmpdir(), 'likeness-encryption-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newFolder = (): string => mkdtempSync(join(root, 'data-'));

const random = seededRandom(31);
const dimensions = 128;
const templates = Array.from({ length: 12 }, () => unitVector(random, dimensions));
const templateOf = (i: number): Float32Array => templates[i] ?? new Float32Array();

/** A template as its collection turns it, by the keys of the folder. */
function turned(dataDir: string, keys: StoreKeys, collectionId: string, template: Float32Array): Float32Array {
  const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
  try {
    const row = database.get<CollectionRow>(`SELECT ${COLLECTION_COLUMNS} FROM collection WHERE id = ?`, [
      collectionId,
    ]);
    if (row === undefined) throw new Error('no such collection');
    return createVault(database, keys.sealer('collections')).of(row).rotation.turn(template);
  } finally {
    database.close();
  }
}

describe('the search for templates', () => {
  const template = templateOf(0);
  const numbers = [...template];
  const halves = Buffer.alloc(2 * dimensions);
  for (const [i, value] of numbers.entries()) halves.writeUInt16LE(toHalf(value), 2 * i);
  const largest = Math.max(...numbers.map(Math.abs));
  const floats = Buffer.from(encodeTemplate(template));
  const doubles = Buffer.from(Float64Array.from(template).buffer);
  const planted: readonly [string, Buffer][] = [
    ['float32', floats],
    [
      'float32 with noise',
      Buffer.from(Float32Array.from(numbers, (value, i) => value + (i % 2 ? 5e-4 : -5e-4)).buffer),
    ],
    ['a part of it', floats.subarray(40, 40 + 9 * 4)],
    ['float64', doubles],
    ['float16', halves],
    ['int8', Buffer.from(Int8Array.from(numbers, (value) => Math.round((value / largest) * 127)).buffer)],
    ['uint8', Buffer.from(Uint8Array.from(numbers, (value) => Math.round((value / largest) * 100 + 128)).buffer)],
    ['hex', Buffer.from(floats.toString('hex'))],
    ['Base64', Buffer.from(floats.toString('base64'))],
    ['JSON', Buffer.from(JSON.stringify(numbers))],
  ];

  it.each(planted)('finds one that was planted as %s, at any byte', (_form, bytes) => {
    for (const shift of [0, 1, 2, 3]) {
      const around = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
      const file = Buffer.concat([around(1000 + shift), bytes, around(500)]);
      expect(findTemplate(new Map([['planted', file]]), template)).not.toEqual([]);
    }
  });

  it('finds nothing in bytes at random', () => {
    const noise = Buffer.from(Array.from({ length: 200_000 }, () => Math.floor(random() * 256)));
    expect(findTemplate(new Map([['noise', noise]]), template)).toEqual([]);
  });
});

describe('the bytes of the data folder and of the trust folder', () => {
  it('hold no template, turned or not, while the server runs, after faces were deleted, and after it has closed', async () => {
    const office = await openOffice();
    const { collections } = office.house.stores;
    const trustDir = office.house.config.trustDir;
    for (const id of ['c', 'd']) await collections.createCollection(newCollection(id, dimensions));
    for (const [i, template] of templates.entries()) {
      for (const id of ['c', 'd']) {
        await collections.addFaces(id, newImage(i, [newFace(i, template)], i % 2 ? `name-${i}` : undefined));
      }
    }
    await collections.createUser('c', 'ann');
    const revision = (await collections.findUser('c', 'ann'))?.revision ?? -1;
    await collections.associateFaces('c', 'ann', { faceIds: [uuid(0), uuid(1)], revision, maxFaces: 100 });
    await collections.searchFaces('c', templateOf(3), everything());
    const user = await collections.userTemplate('c', 'ann');
    const wanted = [templateOf(0), templateOf(1), templateOf(5), user ?? new Float32Array()].flatMap((template) => [
      template,
      turned(office.dataDir, office.house.keyring, 'c', template),
      turned(office.dataDir, office.house.keyring, 'd', template),
    ]);
    const look = (): Find[] =>
      [office.dataDir, trustDir].flatMap((folder) => {
        const files = filesBelow(folder);
        return wanted.flatMap((template) => findTemplate(files, template));
      });
    expect([...filesBelow(office.dataDir).keys()]).toContain('collections.db-wal');
    expect(look()).toEqual([]);
    await collections.deleteFaces('c', [uuid(5)]);
    await collections.eraseSubject('c', 'name-1');
    expect(look()).toEqual([]);
    await office.house.close();
    expect(look()).toEqual([]);
    // And the search would have found one in these very files.
    writeFileSync(join(office.dataDir, 'planted'), encodeTemplate(templateOf(5)));
    expect(look()).not.toEqual([]);
  }, 60_000);

  it("hold neither the master key nor any access key's secret, but in the file that is handed to the operator", async () => {
    const office = await openOffice();
    const { keys } = office.house.stores;
    const secrets = ['a-secret-that-stands-out-0123456789-abcdef', 'a-token-that-stands-out-0123456789'];
    await keys.put({
      accessKeyId: 'AKSTANDSOUT',
      secretAccessKey: secrets[0] ?? '',
      sessionToken: secrets[1] ?? '',
      person: 'ann',
      operations: '*',
      collections: '*',
      purposes: ['photo-library'],
      createdAtMs: 1,
      expiresAtMs: 1e15,
    });
    const first = (await keys.list()).find(({ accessKeyId }) => accessKeyId !== 'AKSTANDSOUT');
    const masterKey = parseMasterKey(readFileSync(join(office.house.config.trustDir, 'master-key'), 'utf8'), 'test');
    const look = (): Find[] => {
      const files = filesBelow(office.dataDir);
      return [
        ...findBytes(files, masterKey, 'the master key'),
        ...secrets.flatMap((secret) => findBytes(files, Buffer.from(secret), 'a secret')),
        ...findBytes(files, Buffer.from(first?.secretAccessKey ?? ''), 'the first secret'),
      ];
    };
    const places = () => [...new Set(look().map(({ file }) => file))];
    expect(places()).toEqual(['aws-credentials']);
    await office.house.close();
    expect(places()).toEqual(['aws-credentials']);
  });
});

describe('a template that is moved', () => {
  const about = async (change: (database: Database, rows: FaceRow[]) => void): Promise<unknown[]> => {
    const dataDir = newFolder();
    const clock = () => 1;
    let stores = await openStores({ dataDir, clock, keys: storeKeys });
    for (const id of ['c', 'd']) {
      await stores.collections.createCollection(newCollection(id, dimensions));
      for (const i of [0, 1]) await stores.collections.addFaces(id, newImage(i, [newFace(i, templateOf(i))], `n${i}`));
    }
    await stores.close();
    const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    change(database, database.all<FaceRow>(`SELECT ${FACE_COLUMNS} FROM face ORDER BY face.position`));
    database.close();
    stores = await openStores({ dataDir, clock, keys: storeKeys });
    const damaged = stores.damagedCollections().map(({ collectionId }) => collectionId);
    await stores.close();
    return damaged;
  };
  /** As someone would who knows how checksums are made, and has no keys. */
  const forge = (database: Database, row: FaceRow, over: Partial<FaceRow>): void => {
    const next = { ...row, ...over };
    const template = new Uint8Array(next.template);
    const checksum = faceChecksum(next, template);
    const collection = database.get<CollectionRow>(`SELECT ${COLLECTION_COLUMNS} FROM collection WHERE number = ?`, [
      row.collection_number,
    ]);
    if (collection === undefined) throw new Error('no collection');
    collection.face_sum = addChecksum(subtractChecksum(collection.face_sum, row.checksum), checksum);
    saveCollection(database, collection);
    database.run(
      'UPDATE face SET template = ?, external_image_id = ?, model_version = ?, checksum = ? WHERE position = ?',
      [template, next.external_image_id, next.model_version, checksum, row.position],
    );
  };

  it('from one face to another is refused, although its checksum is right', async () => {
    const moved = about(
      (database, [first, second]) => first && second && forge(database, first, { template: second.template }),
    );
    expect(await moved).toEqual(['c']);
  });

  it('from one collection to another is refused', async () => {
    const moved = about((database, rows) => {
      const [here, , there] = rows;
      if (here && there) forge(database, there, { template: here.template });
    });
    expect(await moved).toEqual(['d']);
  });

  it('to another name, or to another model, is refused', async () => {
    expect(await about((database, [row]) => row && forge(database, row, { external_image_id: 'n1' }))).toEqual(['c']);
    expect(await about((database, [row]) => row && forge(database, row, { model_version: '9.9' }))).toEqual(['c']);
  });

  it('is what these forgeries are refused for, and not for how they were made', async () => {
    expect(await about((database, [row]) => row && forge(database, row, {}))).toEqual([]);
  });

  it('back to where it was, after its subject was erased, does not open any more', async () => {
    const dataDir = newFolder();
    const clock = () => 1;
    let stores = await openStores({ dataDir, clock, keys: storeKeys });
    await stores.collections.createCollection(newCollection('c', dimensions));
    await stores.collections.addFaces('c', newImage(0, [newFace(0, templateOf(0))], 'ann'));
    const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    const [row] = database.all<FaceRow>(`SELECT ${FACE_COLUMNS} FROM face`);
    if (row === undefined) throw new Error('no face');
    expect(await stores.collections.eraseSubject('c', 'ann')).toEqual({ faces: 1, users: 0, keys: 1 });
    // The same face id under the same name: only the key of the name is another.
    await stores.collections.addFaces('c', newImage(0, [newFace(0, templateOf(1))], 'ann'));
    await stores.close();
    const [fresh] = database.all<FaceRow>(`SELECT ${FACE_COLUMNS} FROM face`);
    if (fresh === undefined) throw new Error('no face');
    forge(database, fresh, { template: row.template });
    database.close();
    stores = await openStores({ dataDir, clock, keys: storeKeys });
    expect(stores.damagedCollections()).toHaveLength(1);
    await stores.close();
  });
});

describe('keys that are not those of the folder', () => {
  it('open nothing, and the refusal says what to do', async () => {
    const dataDir = newFolder();
    const stores = await openStores({ dataDir, clock: () => 1, keys: storeKeys });
    await stores.collections.createCollection(newCollection('c', dimensions));
    await stores.close();
    const other: StoreKeys = { ...storeKeys, sealer: () => createSealer(new Uint8Array(32).fill(9)) };
    const opening = openStores({ dataDir, clock: () => 1, keys: other });
    await expect(opening).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(/another keyring; put back the keyring\.json/),
    });
    await (await openStores({ dataDir, clock: () => 1, keys: storeKeys })).close();
  });

  it('of another master key leave the folder closed', async () => {
    const file = join(newFolder(), 'keyring.json');
    openKeyring({ file, masterKeys: [new Uint8Array(32).fill(1)] });
    expect(() => openKeyring({ file, masterKeys: [new Uint8Array(32).fill(2)] })).toThrow(/was locked with/);
  });

  it('of one collection tell nothing of another: the same face in both is stored without likeness', async () => {
    const dataDir = newFolder();
    const stores = await openStores({ dataDir, clock: () => 1, keys: storeKeys });
    for (const id of ['c', 'd']) {
      await stores.collections.createCollection(newCollection(id, dimensions));
      await stores.collections.addFaces(id, newImage(0, [newFace(0, templateOf(0))]));
      const [hit] = await stores.collections.searchFaces(id, templateOf(0), everything());
      expect(hit?.score).toBeCloseTo(1, 6);
    }
    await stores.close();
    const asIn = (id: string) => templates.map((template) => [...turned(dataDir, storeKeys, id, template)]);
    const [here, there] = [asIn('c'), asIn('d')];
    const likeness = here.map((vector, i) =>
      Math.abs(vector.reduce((sum, value, j) => sum + value * (there[i]?.[j] ?? Number.NaN), 0)),
    );
    expect(Math.max(...likeness)).toBeLessThan(0.4);
    expect(likeness.reduce((sum, value) => sum + value, 0) / likeness.length).toBeLessThan(0.15);
  });
});

describe('an access key', () => {
  it('whose rights were widened in the file is refused, although its checksum is right', async () => {
    const office = await openOffice();
    const { rowChecksum } = await import('../../src/stores/sqlite/checksums.ts');
    const { KEY_MIGRATIONS } = await import('../../src/stores/sqlite/schema.ts');
    await office.house.stores.keys.put({
      accessKeyId: 'AKNARROW',
      secretAccessKey: 'secret',
      person: 'ann',
      operations: ['DetectFaces'],
      collections: [],
      purposes: ['photo-library'],
      createdAtMs: 1,
    });
    const database = openDatabase(join(office.dataDir, 'keys.db'), KEY_MIGRATIONS);
    const row = database.get<{ record: string }>(
      "SELECT CAST(record AS BLOB) AS record FROM access_key WHERE access_key_id = 'AKNARROW'",
    );
    const record = (row?.record ?? '').replace('["DetectFaces"]', '"*"');
    expect(record).toContain('"operations":"*"');
    database.run('UPDATE access_key SET record = ?, checksum = ? WHERE access_key_id = ?', [
      record,
      rowChecksum(['AKNARROW', record]),
      'AKNARROW',
    ]);
    database.close();
    expect(await codeOf(office.house.stores.keys.find('AKNARROW'))).toBe('corrupt');
  });
});

describe('rotating the master key of a running server', () => {
  it('keeps it serving, and the next start opens everything with the new key alone', async () => {
    const office = await openOffice();
    const { collections } = office.house.stores;
    await collections.createCollection(newCollection('c', dimensions));
    await collections.addFaces('c', newImage(0, [newFace(0, templateOf(0))], 'ann'));
    const keyFile = join(office.house.config.trustDir, 'master-key');
    const oldKey = parseMasterKey(readFileSync(keyFile, 'utf8'), 'test');
    const before = await office.operator.own('GetEncryption', {});
    expect(before.source).toBe('file');
    const rotated = await office.operator.own('RotateMasterKey', {});
    expect(rotated.previousMasterKeyId).toBe(before.masterKeyId);
    expect((await office.operator.own('GetEncryption', {})).masterKeyId).toBe(rotated.masterKeyId);
    await collections.addFaces('c', newImage(1, [newFace(1, templateOf(1))], 'ann'));
    const keyring = join(office.dataDir, 'keyring.json');
    expect(() => openKeyring({ file: keyring, masterKeys: [oldKey] })).toThrow(/was locked with/);
    const again = await office.restart();
    const hits = await again.house.stores.collections.searchFaces('c', templateOf(1), everything());
    expect(hits.map(({ face }) => face.faceId)).toEqual([uuid(1), uuid(0)]);
    for (const folder of [again.dataDir, again.house.config.trustDir]) {
      expect(findBytes(filesBelow(folder), oldKey, 'the old master key')).toEqual([]);
    }
  });

  it('is for admins alone', async () => {
    const office = await openOffice();
    const searcher = await office.hire('Sam', ['searcher']);
    await expect(searcher.own('RotateMasterKey', {})).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await expect(searcher.own('GetEncryption', {})).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });
});

/** float16 of a number well within its range. */
function toHalf(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const fraction = size / 2 ** exponent;
  const bits =
    fraction >= 1 ? ((exponent + 15) << 10) | Math.round((fraction - 1) * 1024) : Math.round(fraction * 1024);
  return sign | bits;
}
