import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStores, type Stores } from '../../src/stores/index.ts';
import { StoreError } from '../../src/stores/ports/index.ts';
import { openDatabase } from '../../src/stores/sqlite/database.ts';
import { COLLECTION_MIGRATIONS } from '../../src/stores/sqlite/schema.ts';
import { codeOf, seededRandom } from '../stores/builders.ts';
import { storeKeys } from '../stores/store-keys.ts';
import { DIMENSIONS, idOf, imageOf, numberOf, templateOf } from './numbered-faces.mjs';

/**
 * Faults under load, over a collection so large that the index keeps codes of it. FAULT_ROUNDS repeats each loop
 * so many times; a few rounds are part of every test run.
 */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 2);
const HALF = Math.ceil(ROUNDS / 2);
const TIMEOUT_MS = 60_000 + ROUNDS * 20_000;
const FACES = 10_500;
const COLLECTION = 'large';
const clock = (): number => 1_700_000_000_000;

const root = mkdtempSync(join(tmpdir(), 'likeness-large-'));
/** A data folder with all faces, closed; never written to again. */
const intact = join(root, 'intact');
/** The databases as `snapshot` copies them. */
const backup = join(root, 'backup');
afterAll(() => rmSync(root, { recursive: true, force: true }));

const open = (dataDir: string): Promise<Stores> => openStores({ dataDir, clock, keys: storeKeys });
const copyOfIntact = (): string => {
  const folder = mkdtempSync(join(root, 'data-'));
  cpSync(intact, folder, { recursive: true });
  return folder;
};

beforeAll(async () => {
  const stores = await open(intact);
  await stores.collections.createCollection({
    id: COLLECTION,
    purpose: 'photo-library',
    modelVersion: '1.0',
    dimensions: DIMENSIONS,
    tags: {},
    createdAtMs: 0,
  });
  for (let from = 0; from < FACES; from += 500) {
    await stores.collections.addFaces(COLLECTION, imageOf(Array.from({ length: 500 }, (_, i) => from + i)));
  }
  await stores.snapshot(backup);
  await stores.close();
  // Without them half of what is tried here would try nothing.
  expect(indexFiles(intact).length).toBeGreaterThan(0);
}, 120_000);

const known = new Map<number, Float32Array>();

/** The numbers that an exact search over these faces finds, best first. */
function truthOf(numbers: Iterable<number>, probe: Float32Array, limit: number): number[] {
  const scored = Array.from(numbers, (number) => {
    const template = known.get(number) ?? templateOf(number);
    known.set(number, template);
    let score = 0;
    for (let i = 0; i < DIMENSIONS; i++) score += (template[i] as number) * (probe[i] as number);
    return { number, score };
  });
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ number }) => number);
}

const searchOptions = (limit: number) => ({
  minScore: Number.NEGATIVE_INFINITY,
  limit,
  signal: new AbortController().signal,
});

/** Holds open stores against the faces that must and those that may be there. @returns those that are */
async function expectFaces(
  { collections, damagedCollections }: Stores,
  present: ReadonlySet<number>,
  {
    doubtful = new Set<number>(),
    gone = [],
    random,
  }: {
    doubtful?: ReadonlySet<number>;
    gone?: readonly number[];
    random: () => number;
  },
): Promise<Set<number>> {
  expect(damagedCollections()).toEqual([]);
  const { faces } = await collections.listFaces(COLLECTION, { limit: 1_000_000 });
  const stored = new Set(faces.map(({ faceId }) => numberOf(faceId)));
  expect(faces.length).toBe(stored.size);
  expect([...present].filter((number) => !stored.has(number) && !doubtful.has(number))).toEqual([]);
  expect([...stored].filter((number) => !present.has(number) && !doubtful.has(number))).toEqual([]);
  expect((await collections.findCollection(COLLECTION))?.faceCount).toBe(stored.size);

  const some = [...stored].filter(() => random() < 20 / stored.size).concat([...stored].slice(-5));
  for (const number of some) {
    const [best] = await collections.searchFaces(COLLECTION, templateOf(number), searchOptions(1));
    expect(best && numberOf(best.face.faceId)).toBe(number);
    expect(best?.score).toBeCloseTo(1, 5);
    const kept = await collections.faceTemplate(COLLECTION, idOf(number));
    for (const [i, x] of templateOf(number).entries()) expect(kept?.[i]).toBeCloseTo(x, 5);
  }
  for (const number of gone.filter((one) => !stored.has(one)).slice(-10)) {
    const hits = await collections.searchFaces(COLLECTION, templateOf(number), searchOptions(5));
    expect(hits.map(({ face }) => numberOf(face.faceId))).not.toContain(number);
    expect(await collections.findFaces(COLLECTION, [idOf(number)])).toEqual([]);
  }
  const probe = templateOf(900_000_000 + Math.floor(random() * 1e6));
  const found = await collections.searchFaces(COLLECTION, probe, searchOptions(40));
  expect(found.map(({ face }) => numberOf(face.faceId))).toEqual(truthOf(stored, probe, 40));
  return stored;
}

/** Runs the writer until it has been told enough, then kills it. @returns its whole lines */
function writeUntilKilled(
  dataDir: string,
  {
    first,
    seed,
    delayMs,
    isEnough,
  }: {
    first: number;
    seed: number;
    delayMs: number;
    isEnough: (lines: readonly string[]) => boolean;
  },
): Promise<string[]> {
  const writer = fileURLToPath(new URL('./load-writer.mjs', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writer, dataDir, String(first), String(seed)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    let enough = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (enough || !isEnough(said.split('\n'))) return;
      enough = true;
      setTimeout(() => child.kill('SIGKILL'), delayMs);
    });
    child.on('error', reject);
    child.on('close', () =>
      // The last line may have been cut short by the kill: it was not said.
      enough ? resolve(said.split('\n').slice(0, -1)) : reject(new Error('the writer never came so far')),
    );
  });
}

/** What the writer's words make of the faces: `present` is brought up to them. */
function hear(lines: readonly string[], present: Set<number>): { doubtful: Set<number>; gone: number[] } {
  const doubtful = new Set<number>();
  const gone: number[] = [];
  for (const line of lines) {
    const [word, ...words] = line.split(' ');
    expect(word, line).not.toBe('wrong');
    for (const number of words.map(Number)) {
      if (word === 'adding' || word === 'deleting' || word === 'refused-deleting') doubtful.add(number);
      else doubtful.delete(number);
      if (word === 'added') present.add(number);
      if (word === 'deleted') {
        present.delete(number);
        gone.push(number);
      }
    }
  }
  return { doubtful, gone };
}

const acknowledged = (lines: readonly string[]): number =>
  lines.filter((line) => line.startsWith('added ') || line.startsWith('deleted ')).length;

/** The index' files of a data folder, if it keeps any. */
function indexFiles(dataDir: string): string[] {
  const folder = join(dataDir, 'index');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Harms a file as a machine may that stops while it writes. */
function tear(file: string, random: () => number): void {
  const { size } = statSync(file);
  const kind = random();
  if (kind < 0.4) truncateSync(file, Math.floor(random() * size));
  else if (kind < 0.7) appendFileSync(file, Buffer.alloc(1 + Math.floor(random() * 9000), 0x5a));
  else flip(file, Math.floor(random() * size), random);
}

function flip(file: string, at: number, random: () => number): void {
  const bytes = readFileSync(file);
  if (bytes.length === 0) return;
  bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << Math.floor(random() * 8));
  writeFileSync(file, bytes);
}

describe('kill -9 while faces of a large collection are added, deleted and searched', () => {
  it(
    'loses no acknowledged face, finds no deleted one and no wrong one, with torn writes left behind',
    async () => {
      const dataDir = copyOfIntact();
      const random = seededRandom(77);
      const present = new Set(Array.from({ length: FACES }, (_, i) => i));
      let steps = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const wanted = 10 + Math.floor(random() * 40);
        const lines = await writeUntilKilled(dataDir, {
          first: 1_000_000 * (round + 1),
          seed: round + 1,
          delayMs: random() * 30,
          isEnough: (said) => acknowledged(said) > wanted,
        });
        steps += acknowledged(lines);
        const { doubtful, gone } = hear(lines, present);
        // A frame of the log that was begun and not synced; and files of the index that were.
        const log = join(dataDir, 'collections.db-wal');
        if (existsSync(log)) appendFileSync(log, Buffer.alloc(1 + Math.floor(random() * 5000), 0xa5));
        for (const file of indexFiles(dataDir)) if (random() < 0.5) tear(file, random);

        const stores = await open(dataDir);
        const stored = await expectFaces(stores, present, { doubtful, gone, random });
        await stores.close();
        present.clear();
        for (const number of stored) present.add(number);
      }
      expect(steps).toBeGreaterThan(ROUNDS * 10);
    },
    TIMEOUT_MS,
  );
});

describe('a disk that runs full under load', () => {
  it(
    'refuses, survives kill -9 while full, and loses and brings back nothing once there is room',
    async (context) => {
      const folder = join(root, 'small-disk');
      mkdirSync(folder);
      const bytes = (path: string): number =>
        readdirSync(path, { recursive: true, withFileTypes: true }).reduce(
          (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
          0,
        );
      const size = bytes(intact) + 24e6;
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
      } catch {
        return context.skip('a small file system can only be mounted by root on Linux');
      }
      try {
        const dataDir = join(folder, 'data');
        cpSync(intact, dataDir, { recursive: true });
        const random = seededRandom(78);
        const ballast = join(folder, 'ballast');
        const present = new Set(Array.from({ length: FACES }, (_, i) => i));
        for (let round = 0; round < HALF; round++) {
          const free = Number(
            execFileSync('df', ['--output=avail', '-B1', folder]).toString().trim().split('\n').at(-1),
          );
          // Room for the files that opening makes, and for some writes.
          writeFileSync(ballast, Buffer.alloc(Math.max(0, free - 3_000_000)));
          const lines = await writeUntilKilled(dataDir, {
            first: 1_000_000 * (round + 1),
            seed: 100 + round,
            delayMs: random() * 50,
            isEnough: (said) => said.filter((line) => line.startsWith('refused-')).length > 5,
          });
          expect(acknowledged(lines)).toBeGreaterThan(5);
          const { doubtful, gone } = hear(lines, present);
          rmSync(ballast);
          const stores = await open(dataDir);
          const stored = await expectFaces(stores, present, { doubtful, gone, random });
          const more = 500_000_000 + round;
          await stores.collections.addFaces(COLLECTION, imageOf([more]));
          await stores.close();
          present.clear();
          for (const number of stored.add(more)) present.add(number);
        }
      } finally {
        execFileSync('umount', ['-l', folder]);
      }
    },
    TIMEOUT_MS,
  );
});

describe('a flipped bit in a large collection', () => {
  /** A face's template as it stands in the file of a closed store. */
  const sealedTemplate = (dataDir: string, number: number): Buffer => {
    const data = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    const row = data.get<{ template: ArrayBuffer }>(
      'SELECT CAST(template AS BLOB) AS template FROM face WHERE face_id = ?',
      [idOf(number)],
    );
    data.close();
    return Buffer.from(row?.template ?? new ArrayBuffer(0));
  };

  /** Asks for faces and searches; what comes must be true or refused as corrupt. @returns how many were refused */
  const expectTrueOrRefused = async ({ collections }: Stores, numbers: readonly number[]): Promise<number> => {
    let refused = 0;
    const all = Array.from({ length: FACES }, (_, i) => i);
    for (const number of numbers) {
      try {
        const hits = await collections.searchFaces(COLLECTION, templateOf(number), searchOptions(3));
        expect(hits.map(({ face }) => numberOf(face.faceId))).toEqual(truthOf(all, templateOf(number), 3));
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        expect(error.code).toBe('corrupt');
        refused++;
      }
    }
    return refused;
  };

  it(
    'in a template is never answered from, is named, and is gone once the backup stands in its place',
    async () => {
      const random = seededRandom(79);
      for (let round = 0; round < HALF; round++) {
        const dataDir = copyOfIntact();
        const victim = Math.floor(random() * FACES);
        const sealed = sealedTemplate(dataDir, victim);
        const file = join(dataDir, 'collections.db');
        const at = readFileSync(file).indexOf(sealed);
        expect(at).toBeGreaterThan(0);
        flip(file, at + Math.floor(random() * sealed.length), random);
        const stores = await open(dataDir);
        expect(await expectTrueOrRefused(stores, [victim])).toBe(1);
        expect(await codeOf(stores.collections.faceTemplate(COLLECTION, idOf(victim)))).toBe('corrupt');
        await expectTrueOrRefused(stores, [5, 7000]);
        expect(stores.damagedCollections().map(({ collectionId }) => collectionId)).toEqual([COLLECTION]);
        await stores.close();

        for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name), { recursive: true });
        cpSync(backup, dataDir, { recursive: true });
        const restored = await open(dataDir);
        await expectFaces(restored, new Set(Array.from({ length: FACES }, (_, i) => i)), { random });
        await restored.close();
        rmSync(dataDir, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );

  it(
    'anywhere in the databases or in the files of the index gives true answers or refusals',
    async () => {
      const random = seededRandom(80);
      for (let round = 0; round < ROUNDS; round++) {
        const dataDir = copyOfIntact();
        const index = indexFiles(dataDir);
        const file = (round % 2 === 0 ? undefined : index[round % index.length]) ?? join(dataDir, 'collections.db');
        flip(file, Math.floor(random() * statSync(file).size), random);
        const numbers = Array.from({ length: 6 }, () => Math.floor(random() * FACES));
        try {
          const stores = await open(dataDir);
          const refused = await expectTrueOrRefused(stores, numbers);
          // The files of the index are made of the rows: harm to them is nobody's harm.
          if (!file.endsWith('.db')) expect(refused).toBe(0);
          await stores.close();
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          expect(error.code).toBe('corrupt');
          expect(file.endsWith('.db')).toBe(true);
        }
        rmSync(dataDir, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );
});
