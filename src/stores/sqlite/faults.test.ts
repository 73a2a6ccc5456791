import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
import { packageRoot } from '../../shared/package-root.ts';
import { StoreError } from '../ports/index.ts';
import { openDatabase } from './database.ts';
import { openStores, type Stores } from './open-stores.ts';
import { COLLECTION_MIGRATIONS } from './schema.ts';

const clock = (): number => 1_700_000_000_000;
const newFolder = temporaryFolders('faults');
const numberOf = (faceId: string): number => Number.parseInt(faceId.slice(-12), 16);

async function storedNumbers(stores: Stores, collectionId: string): Promise<number[]> {
  const { faces } = await stores.collections.listFaces(collectionId, { limit: 1_000_000 });
  return faces.map((face) => numberOf(face.faceId));
}

describe('kill -9 while faces are added and deleted', () => {
  const writer = join(packageRoot(), 'tests', 'stores', 'face-writer.mjs');
  /** As face-writer.mjs makes them. */
  const templateOf = (number: number): Float32Array => {
    const waves = Array.from({ length: 64 }, (_, i) => Math.sin(number * 12.9898 + i * i * 78.233));
    return Float32Array.from(waves, (wave) => wave / Math.hypot(...waves));
  };

  /** What the writer said until it was killed: `delayMs` after it had acknowledged so many steps. */
  const writeUntilKilled = (
    dataDir: string,
    first: number,
    seed: number,
    { steps, delayMs }: { steps: number; delayMs: number },
  ): Promise<string[]> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [writer, dataDir, String(first), String(seed)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      let ready = false;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (!ready && said.split(/^(?:added|deleted) /m).length > steps) {
          ready = true;
          setTimeout(() => child.kill('SIGKILL'), delayMs);
        }
      });
      child.on('error', reject);
      // The last line may have been cut short by the kill: it was not said.
      child.on('close', () =>
        ready ? resolve(said.split('\n').slice(0, -1)) : reject(new Error('it never came so far')),
      );
    });

  it('loses no acknowledged face, brings back no deleted one, and finds the right ids, a dozen times', async () => {
    const dataDir = newFolder();
    const random = seededRandom(2024);
    const present = new Set<number>();
    let acknowledged = 0;
    for (let round = 0; round < 12; round++) {
      const doubtful = new Set<number>();
      const said = await writeUntilKilled(dataDir, round * 100_000, round + 1, {
        steps: 5 + Math.floor(random() * 30),
        delayMs: random() * 15,
      });
      for (const line of said) {
        const [word, ...numbers] = line.split(' ');
        for (const number of numbers.map(Number)) {
          if (word === 'adding' || word === 'deleting') doubtful.add(number);
          else doubtful.delete(number);
          if (word === 'added') present.add(number);
          if (word === 'deleted') present.delete(number);
        }
        if (word === 'added' || word === 'deleted') acknowledged++;
      }

      const stores = await openStores({ dataDir, clock, keys: storeKeys });
      const stored = new Set(await storedNumbers(stores, 'c'));
      expect(stores.damagedCollections()).toEqual([]);
      expect([...present].filter((number) => !stored.has(number) && !doubtful.has(number))).toEqual([]);
      expect([...stored].filter((number) => !present.has(number) && !doubtful.has(number))).toEqual([]);
      expect((await stores.collections.findCollection('c'))?.faceCount).toBe(stored.size);
      for (const number of [...stored].filter(() => random() < 20 / stored.size)) {
        const [best] = await stores.collections.searchFaces('c', templateOf(number), { ...everything(), limit: 1 });
        expect(best?.face.faceId).toBe(uuid(number));
        const kept = await stores.collections.faceTemplate('c', uuid(number));
        const differences = templateOf(number).map((value, i) => Math.abs(value - (kept?.[i] ?? Number.NaN)));
        expect(Math.max(...differences)).toBeLessThan(1e-6);
      }
      for (const number of doubtful) {
        if (stored.has(number)) present.add(number);
        else present.delete(number);
      }
      await stores.close();
    }
    expect(acknowledged).toBeGreaterThan(100);
  }, 180_000);
});

describe('a full disk', () => {
  it('refuses writes with nothing half done, keeps answering, and writes again when there is room', async (context) => {
    const folder = join(newFolder(), 'small-disk');
    mkdirSync(folder);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      return context.skip('a small file system can only be mounted by root on Linux');
    }
    try {
      writeFileSync(join(folder, 'ballast'), new Uint8Array(3_000_000));
      const dataDir = join(folder, 'data');
      const random = seededRandom(3);
      let stores = await openStores({ dataDir, clock, keys: storeKeys });
      await stores.collections.createCollection(newCollection('c', 128));
      const kept = new Map<number, Float32Array>();
      const add = async (number: number): Promise<void> => {
        const template = unitVector(random, 128);
        await stores.collections.addFaces('c', newImage(number, [newFace(number, template)]));
        kept.set(number, template);
      };
      const expectAll = async (): Promise<void> => {
        expect(await storedNumbers(stores, 'c')).toEqual([...kept.keys()]);
        expect((await stores.collections.findCollection('c'))?.faceCount).toBe(kept.size);
        const [number = 0, template = new Float32Array()] = [...kept].at(-1) ?? [];
        const hits = await stores.collections.searchFaces('c', template, everything());
        expect(hits).toHaveLength(kept.size);
        expect(hits[0]?.face.faceId).toBe(uuid(number));
      };

      let refusal: unknown;
      for (let number = 0; number < 20_000 && refusal === undefined; number++) {
        refusal = await add(number).then(
          () => undefined,
          (error: unknown) => error,
        );
      }
      expect(refusal).toBeInstanceOf(StoreError);
      expect(refusal).toMatchObject({ code: 'disk-full' });
      expect(kept.size).toBeGreaterThan(20);
      await expectAll();
      const entry = { sequence: 1, body: 'x'.repeat(100_000), previousHash: '0', hash: '1' };
      expect(await codeOf(stores.audit.append(() => entry))).toBe('disk-full');
      expect(await stores.audit.last()).toBeUndefined();

      rmSync(join(folder, 'ballast'));
      await stores.audit.append(() => entry);
      for (let number = 30_000; number < 30_050; number++) await add(number);
      await expectAll();
      await stores.close();
      stores = await openStores({ dataDir, clock, keys: storeKeys });
      expect(stores.damagedCollections()).toEqual([]);
      await expectAll();
      await stores.close();
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  });
});

/** A face's template as it stands in the file of a closed store. */
function sealedTemplate(dataDir: string, collectionId: string, faceId: string): Buffer {
  const data = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
  const row = data.get<{ template: ArrayBuffer }>(
    `SELECT CAST(template AS BLOB) AS template FROM face
     WHERE face_id = ? AND collection_number = (SELECT number FROM collection WHERE id = ?)`,
    [faceId, collectionId],
  );
  data.close();
  return Buffer.from(row?.template ?? new ArrayBuffer(0));
}

describe('damage to collections.db', () => {
  const ids = ['holiday', 'office'];

  /** Two collections with faces and users, closed; and the bytes of the file. */
  const makeData = async (): Promise<{ dataDir: string; bytes: Buffer; templates: Map<string, Float32Array[]> }> => {
    const dataDir = newFolder();
    const random = seededRandom(17);
    const templates = new Map<string, Float32Array[]>();
    const { collections, close } = await openStores({ dataDir, clock, keys: storeKeys });
    for (const id of ids) {
      await collections.createCollection(newCollection(id, 64));
      const own = Array.from({ length: 60 }, () => unitVector(random, 64));
      templates.set(id, own);
      for (const [i, template] of own.entries()) {
        await collections.addFaces(id, newImage(i, [newFace(i, template)], `photo-${i}`));
      }
      for (const [u, userId] of ['ann', 'bob'].entries()) {
        await collections.createUser(id, userId);
        const { revision = -1 } = (await collections.findUser(id, userId)) ?? {};
        const faceIds = [1, 2, 3].map((i) => uuid(10 * u + i));
        await collections.associateFaces(id, userId, { faceIds, revision, maxFaces: 100 });
      }
    }
    await close();
    return { dataDir, bytes: readFileSync(join(dataDir, 'collections.db')), templates };
  };

  const answers = async ({ collections }: Stores, id: string, probe: Float32Array): Promise<unknown> => [
    await collections.findCollection(id),
    await collections.tags(id),
    await collections.listFaces(id, { limit: 1000 }),
    await collections.listFaces(id, { limit: 1000, userId: 'ann' }),
    await collections.findFaces(
      id,
      Array.from({ length: 61 }, (_, i) => uuid(i)),
    ),
    await collections.faceTemplate(id, uuid(5)),
    await collections.listUsers(id, { limit: 100 }),
    await collections.userTemplate(id, 'bob'),
    await collections.searchFaces(id, probe, everything()),
    await collections.searchUsers(id, probe, everything()),
  ];

  it('in one collection is named and never answered from, while the other goes on and the damaged one can be replaced', async () => {
    const { dataDir, bytes, templates } = await makeData();
    const [victim = new Float32Array()] = templates.get('holiday')?.slice(30) ?? [];
    const [untouched = new Float32Array()] = templates.get('office')?.slice(30) ?? [];
    const at = bytes.indexOf(sealedTemplate(dataDir, 'holiday', uuid(30)));
    expect(at).toBeGreaterThan(0);
    const damaged = Buffer.from(bytes);
    damaged[at + 100] = (damaged[at + 100] ?? 0) ^ 1;
    writeFileSync(join(dataDir, 'collections.db'), damaged);

    const stores = await openStores({ dataDir, clock, keys: storeKeys });
    const { collections } = stores;
    expect(stores.damagedCollections().map((damage) => damage.collectionId)).toEqual(['holiday']);
    const refusals = [
      collections.findCollection('holiday'),
      collections.searchFaces('holiday', victim, everything()),
      collections.listFaces('holiday', { limit: 1 }),
      collections.addFaces('holiday', newImage(900, [newFace(900, victim)])),
    ];
    for (const refusal of refusals) {
      await expect(refusal).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringMatching(/collection holiday is damaged.*[Rr]estore/),
      });
    }
    expect(await collections.findCollection('holiday', { evenDamaged: true })).toMatchObject({ id: 'holiday' });
    await collections.addFaces('office', newImage(900, [newFace(900, victim)]));
    const [best] = await collections.searchFaces('office', untouched, { ...everything(), limit: 1 });
    expect(best?.face.faceId).toBe(uuid(30));
    expect(await collections.deleteCollection('holiday')).toBe(true);
    await collections.createCollection(newCollection('holiday', 64));
    expect(await collections.searchFaces('holiday', victim, everything())).toEqual([]);
    expect(stores.damagedCollections()).toEqual([]);
    await stores.close();
  });

  it('anywhere in the file gives the true answer or a refusal, never another answer', async () => {
    const { dataDir, bytes } = await makeData();
    const random = seededRandom(4711);
    const probe = unitVector(random, 64);
    const intact = await openStores({ dataDir, clock, keys: storeKeys });
    const truth = new Map<string, unknown>();
    for (const id of ids) truth.set(id, await answers(intact, id, probe));
    await intact.close();

    const outcomes = { refusedFile: 0, refusedCollection: 0, answered: 0 };
    for (let i = 0; i < 120; i++) {
      const damaged = Buffer.from(bytes);
      const at = Math.floor(random() * damaged.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      const folder = newFolder();
      writeFileSync(join(folder, 'collections.db'), damaged);
      let stores: Stores;
      try {
        stores = await openStores({ dataDir: folder, clock, keys: storeKeys });
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(StoreError);
        outcomes.refusedFile++;
        continue;
      }
      for (const id of ids) {
        try {
          expect(await answers(stores, id, probe), `byte ${at} of the file, collection ${id}`).toEqual(truth.get(id));
          outcomes.answered++;
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          expect(error.code, `byte ${at}`).toBe('corrupt');
          outcomes.refusedCollection++;
        }
      }
      await stores.close();
      rmSync(folder, { recursive: true });
    }
    expect(outcomes.refusedCollection).toBeGreaterThan(20);
    expect(outcomes.answered).toBeGreaterThan(20);
  }, 180_000);

  it('that leaves no database to open is refused by name', async () => {
    const { dataDir, bytes } = await makeData();
    writeFileSync(join(dataDir, 'collections.db'), Buffer.concat([Buffer.alloc(200, 7), bytes.subarray(200)]));
    await expect(openStores({ dataDir, clock, keys: storeKeys })).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('collections.db'),
    });
    writeFileSync(join(dataDir, 'collections.db'), bytes);
    await (await openStores({ dataDir, clock, keys: storeKeys })).close();
  });

  it('at the end of its log leaves what was stored before, in order and whole', async () => {
    const source = newFolder();
    const random = seededRandom(8);
    const first = await openStores({ dataDir: source, clock, keys: storeKeys });
    await first.collections.createCollection(newCollection('c', 64));
    await first.close();
    const writing = await openStores({ dataDir: source, clock, keys: storeKeys });
    const templates = Array.from({ length: 80 }, () => unitVector(random, 64));
    for (const [i, template] of templates.entries()) {
      await writing.collections.addFaces('c', newImage(i, [newFace(i, template)]));
    }
    // By another process: closing a file here would drop SQLite's locks on it.
    const copies = newFolder();
    execFileSync('cp', ['-r', source, copies]);
    await writing.close();
    const log = join(copies, source.split('/').at(-1) ?? '', 'collections.db-wal');
    const logBytes = readFileSync(log);
    expect(logBytes.length).toBeGreaterThan(100_000);

    for (const kept of [1, 0.99, 0.7, 0.33, 0.01, 0]) {
      const dataDir = newFolder();
      copyFileSync(log.replace('-wal', ''), join(dataDir, 'collections.db'));
      writeFileSync(join(dataDir, 'collections.db-wal'), logBytes);
      truncateSync(join(dataDir, 'collections.db-wal'), Math.floor(logBytes.length * kept));
      const stores = await openStores({ dataDir, clock, keys: storeKeys });
      expect(stores.damagedCollections()).toEqual([]);
      const stored = await storedNumbers(stores, 'c');
      expect(stored).toEqual(templates.slice(0, stored.length).map((_, i) => i));
      if (kept === 1) expect(stored).toHaveLength(templates.length);
      const last = templates[stored.length - 1];
      if (last !== undefined) {
        const [best] = await stores.collections.searchFaces('c', last, { ...everything(), limit: 1 });
        expect(best?.face.faceId).toBe(uuid(stored.length - 1));
      }
      await stores.close();
    }
  });
});
