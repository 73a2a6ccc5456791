import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/shared/package-root.ts';
import { openStores, type Stores } from '../../src/stores/index.ts';
import { storeKeys } from '../../tests/stores/store-keys.ts';
import { serveChild } from '../shared/child.ts';
import { percentile } from '../shared/stats.ts';
import { type Faces, idOf, layOutFaces, numberOf, type RealPairs } from './faces.ts';
import { type Aim, measureSearches, type Search, type SearchFigures, searchFor, tellProgress } from './searching.ts';
import { similarity80 } from './threshold.ts';
import { Truth } from './truth.ts';

/** Asks for a collection of so many faces in a data folder, with rows, keys and index. */
export interface StoreQuestion {
  readonly count: number;
  readonly seconds: number;
  readonly real: RealPairs | undefined;
}

export interface StoreFigures {
  readonly count: number;
  /** Faces a second, in batches of {@link BATCH}. */
  readonly insertPerSecond: number;
  readonly diskBytes: number;
  readonly closeMs: number;
  readonly openMs: number;
  readonly indexBytes: number;
  /** What the process holds more once the reopened stores have searched. */
  readonly residentBytes: number;
  readonly searches: readonly SearchFigures[];
  readonly writing: {
    /** Faces a second that were inserted while searches went on, of {@link WRITES_PER_SECOND} wished. */
    readonly insertedPerSecond: number;
    readonly aloneP99: number;
    readonly besideP99: number;
  };
  /** Milliseconds, p50, of erasing one face with its key. */
  readonly deleteOneMs: number;
  /** Faces a second, a thousand in a call. */
  readonly deletePerSecond: number;
  readonly removedFound: boolean;
}

export const BATCH = 100;
export const WRITES_PER_SECOND = 1000;
const TRUTH_BATCH = 4000;
const MOST_PROBES = 100;
const COLLECTION = 'bench';

serveChild<StoreQuestion, StoreFigures>(async ({ count, seconds, real }) => {
  const folder = join(packageRoot(), 'build', 'bench-search');
  mkdirSync(folder, { recursive: true });
  const dataDir = mkdtempSync(join(folder, 'store-'));
  const open = () => openStores({ dataDir, clock: Date.now, keys: storeKeys });
  let stores = await open();
  try {
    const faces = layOutFaces(count, Math.min(MOST_PROBES, Math.floor(1e8 / count) + 10), { real, turned: false });
    const minScore = similarity80();
    const truth = new Truth(faces.probes, { limit: 4096, minScore });
    const { dimensions } = faces;
    await stores.collections.createCollection({
      id: COLLECTION,
      purpose: 'photo-library',
      modelVersion: '1.0',
      dimensions,
      tags: {},
      createdAtMs: Date.now(),
    });
    const tell = tellProgress(`collection of ${count.toLocaleString('en')}`, count);
    let insertMs = 0;
    for (let from = 0; from < count; from += TRUTH_BATCH) {
      const rows = faces.rows(from, Math.min(from + TRUTH_BATCH, count));
      truth.offer(rows, from);
      for (let i = 0; i < rows.rows; i += BATCH) {
        const templates = Array.from({ length: Math.min(BATCH, rows.rows - i) }, (_, k) =>
          rows.data.slice((i + k) * dimensions, (i + k + 1) * dimensions),
        );
        const start = performance.now();
        await stores.collections.addFaces(COLLECTION, imageOf(from + i, templates));
        insertMs += performance.now() - start;
      }
      tell(from + rows.rows);
    }
    const closing = performance.now();
    await stores.close();
    const closeMs = performance.now() - closing;
    const diskBytes = bytesBelow(dataDir);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const opening = performance.now();
    stores = await open();
    const openMs = performance.now() - opening;

    const search: Search = async (probe, { limit, minScore: least }) => {
      const hits = await stores.collections.searchFaces(COLLECTION, faces.probes[probe] as Float32Array, {
        limit,
        minScore: least,
        signal: new AbortController().signal,
      });
      return new Set(hits.map(({ face }) => numberOf(face.faceId)));
    };
    const aims: Aim[] = [
      { name: '80 best at similarity 80', limit: 80, minScore },
      { name: '4096 best at similarity 80', limit: 4096, minScore },
    ];
    const truths = faces.probes.map((_, i) => truth.of(i));
    const searches: SearchFigures[] = [];
    for (const aim of aims) searches.push(await measureSearches(search, aim, truths, { seconds }));
    const residentBytes = process.memoryUsage().rss - before;
    const indexBytes = stores.indexMemoryBytes();
    const writing = await measureWriting(stores, faces, search, aims[0] as Aim, seconds);

    const numbers = Array.from({ length: Math.min(5100, count >> 1) }, (_, i) => Math.floor((i * count) / 5101));
    const singles = numbers.slice(0, 100);
    const ms: number[] = [];
    for (const number of singles) {
      const start = performance.now();
      await stores.collections.deleteFaces(COLLECTION, [idOf(number)]);
      ms.push(performance.now() - start);
    }
    const many = numbers.slice(100);
    const start = performance.now();
    for (let i = 0; i < many.length; i += 1000) {
      await stores.collections.deleteFaces(COLLECTION, many.slice(i, i + 1000).map(idOf));
    }
    const deletePerSecond = many.length / ((performance.now() - start) / 1000);
    const gone = new Set(numbers);
    const after = await Promise.all(truths.map((_, probe) => search(probe, aims[1] as Aim)));
    return {
      count,
      insertPerSecond: count / (insertMs / 1000),
      diskBytes,
      closeMs,
      openMs,
      indexBytes,
      residentBytes,
      searches,
      writing,
      deleteOneMs: percentile(ms, 0.5),
      deletePerSecond,
      removedFound: after.some((found) => [...found].some((number) => gone.has(number))),
    };
  } finally {
    await stores.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

/** Searches by two clients without and with insertions beside them, by turns. */
async function measureWriting(
  stores: Stores,
  faces: Faces,
  search: Search,
  aim: Aim,
  seconds: number,
): Promise<StoreFigures['writing']> {
  const more = layOutFaces(2 ** 30, 0, { real: undefined, turned: false });
  let next = 2 ** 29;
  const alone: number[] = [];
  const beside: number[] = [];
  let inserted = 0;
  let writingMs = 0;
  for (let round = 0; round < 3; round++) {
    const clients = { seconds, clients: 2 };
    alone.push(...(await searchFor(search, aim, faces.probes.length, clients)).ms);
    let over = false;
    // Made before: who inserts in earnest has them made by other threads.
    const images = Array.from({ length: Math.ceil((seconds * WRITES_PER_SECOND) / BATCH) }, () => {
      const rows = more.rows(next, next + BATCH);
      const templates = Array.from({ length: BATCH }, (_, k) =>
        rows.data.slice(k * faces.dimensions, (k + 1) * faces.dimensions),
      );
      next += BATCH;
      return imageOf(next - BATCH, templates);
    });
    const start = performance.now();
    const writer = (async () => {
      for (let done = 0; !over; ) {
        const due = ((performance.now() - start) / 1000) * WRITES_PER_SECOND;
        if (done + BATCH > due) {
          await sleep(10);
          continue;
        }
        const image = images.shift();
        if (image === undefined) return;
        await stores.collections.addFaces(COLLECTION, image);
        done += BATCH;
        inserted += BATCH;
      }
    })();
    beside.push(...(await searchFor(search, aim, faces.probes.length, clients)).ms);
    over = true;
    await writer;
    writingMs += performance.now() - start;
  }
  return {
    insertedPerSecond: inserted / (writingMs / 1000),
    aloneP99: percentile(alone, 0.99),
    besideP99: percentile(beside, 0.99),
  };
}

function imageOf(first: number, templates: readonly Float32Array[]) {
  return {
    imageId: idOf(2 ** 40 + first),
    externalImageId: `photo-${first}`,
    modelVersion: '1.0',
    maxFaces: 1e9,
    faces: templates.map((template, k) => ({
      faceId: idOf(first + k),
      box: { left: (k % 10) / 10, top: Math.floor(k / 10) / 10, width: 0.08, height: 0.08 },
      confidence: 99.5,
      template,
    })),
  };
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
