import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';
import { createSealer, makeKeyBytes } from '../../src/shared/sealing.ts';
import { IndexFiles } from '../../src/stores/index-files/index-files.ts';
import { VECTORS_PER_GROUP, type VectorIndex, type VectorLoader } from '../../src/stores/ports/index.ts';
import { createFlatIndex } from '../../src/stores/vectors/flat-index.ts';
import { serveChild } from '../shared/child.ts';
import { percentile } from '../shared/stats.ts';
import { type Faces, idOf, layOutFaces, numberOf, type RealPairs } from './faces.ts';
import { type Aim, measureSearches, type Search, type SearchFigures, tellProgress } from './searching.ts';
import { similarity80 } from './threshold.ts';
import { Truth } from './truth.ts';

/** Asks for an index of so many faces, without rows: full vectors come from a file. */
export interface IndexQuestion {
  readonly count: number;
  readonly seconds: number;
  readonly real: RealPairs | undefined;
}

export interface IndexFigures {
  readonly count: number;
  readonly insertPerSecond: number;
  readonly deletePerSecond: number;
  readonly memoryBytes: number;
  /** What the process holds more than before there was an index. */
  readonly residentBytes: number;
  readonly searches: readonly SearchFigures[];
  /** The first aim again, on one core; absent where the system has no taskset. */
  readonly oneCore?: SearchFigures;
  /** Milliseconds, p50, of a search at the first aim that went by in loading full vectors, and how many were loaded. */
  readonly loading: {
    readonly warmMs: number;
    readonly coldMs?: number;
    readonly coldTotalMs?: number;
    readonly vectors: number;
  };
  /** Milliseconds of writing the codes to a file and of taking them in from it, and the file's length. */
  readonly opening: {
    readonly writeMs: number;
    readonly warmMs: number;
    readonly coldMs?: number;
    readonly fileBytes: number;
  };
  /** Whether a removed face was found again. */
  readonly removedFound: boolean;
}

const BATCH = 4096;
const MOST_PROBES = 100;
/** Comparisons that the exact search may make: more probes where there are fewer faces. */
const COMPARISONS = 4e8;
const COLD_SEARCHES = 10;
const SPACE = 'bench';

serveChild<IndexQuestion, IndexFigures>(async ({ count, seconds, real }) => {
  const probes = Math.max(10, Math.min(MOST_PROBES, Math.floor(COMPARISONS / count)));
  const faces = layOutFaces(count, probes, { real, turned: true });
  const minScore = similarity80();
  const aims: Aim[] = [
    { name: '80 best at similarity 80', limit: 80, minScore },
    { name: '4096 best at similarity 80', limit: 4096, minScore },
    { name: '4096 best of all', limit: 4096, minScore: Number.NEGATIVE_INFINITY },
  ];
  const file = openVectorFile(faces);
  const before = process.memoryUsage().rss;
  const index = createFlatIndex();
  try {
    let loadMs = 0;
    let loaded = 0;
    const load: VectorLoader = (ids) => {
      const start = performance.now();
      const vectors = ids.map((id) => file.read(numberOf(id)));
      loadMs += performance.now() - start;
      loaded += ids.length;
      return vectors;
    };
    index.createSpace(SPACE, faces.dimensions, { load });
    const strict = new Truth(faces.probes, { limit: 4096, minScore });
    const few = new Truth(faces.probes.slice(0, 10), { limit: 4096, minScore: Number.NEGATIVE_INFINITY });
    const tell = tellProgress(`index of ${count.toLocaleString('en')}`, count);
    let insertMs = 0;
    for (let from = 0; from < count; from += BATCH) {
      const rows = faces.rows(from, Math.min(from + BATCH, count));
      const entries = Array.from({ length: rows.rows }, (_, i) => ({
        id: idOf(from + i),
        vector: rows.data.subarray(i * rows.columns, (i + 1) * rows.columns),
      }));
      const start = performance.now();
      index.put(SPACE, entries);
      insertMs += performance.now() - start;
      file.append(rows.data);
      strict.offer(rows, from);
      few.offer(rows, from);
      tell(from + rows.rows);
    }
    file.settle();
    const residentBytes = process.memoryUsage().rss - before;
    const truthOf = (truth: Truth, some: number) => Array.from({ length: some }, (_, i) => truth.of(i));
    const search: Search = async (probe, aim) => {
      const { limit, minScore: least } = aim;
      const hits = await index.search(SPACE, faces.probes[probe] as Float32Array, {
        limit,
        minScore: least,
        signal: new AbortController().signal,
      });
      return new Set(hits.map(({ id }) => numberOf(id)));
    };
    const truths = [
      truthOf(strict, faces.probes.length),
      truthOf(strict, faces.probes.length),
      truthOf(few, Math.min(10, faces.probes.length)),
    ];
    const searches: SearchFigures[] = [];
    for (const [i, aim] of aims.entries())
      searches.push(await measureSearches(search, aim, truths[i] ?? [], { seconds }));
    const [aim, truth] = [aims[0] as Aim, truths[0] ?? []];

    const oneCore = pin('0') ? await measureSearches(search, aim, truth, { seconds, clients4: false }) : undefined;
    if (oneCore !== undefined) pin(`0-${cpus().length - 1}`);

    const timeLoading = async (prepare: () => boolean, times: number) => {
      const spent: number[] = [];
      const total: number[] = [];
      loaded = 0;
      for (let i = 0; i < times; i++) {
        if (!prepare()) return undefined;
        loadMs = 0;
        const start = performance.now();
        await search(i % faces.probes.length, aim);
        total.push(performance.now() - start);
        spent.push(loadMs);
      }
      return { ms: percentile(spent, 0.5), total: percentile(total, 0.5), vectors: Math.round(loaded / times) };
    };
    const warm = await timeLoading(() => true, 5 * COLD_SEARCHES);
    const cold = await timeLoading(() => file.forget(), COLD_SEARCHES);

    const opening = await measureOpening(index, { count, dimensions: faces.dimensions, load });
    // Removed are not the mates: what is found again would show.
    const removed = Array.from(
      { length: Math.min(10_000, count >> 2) },
      (_, i) => Math.floor((i * count) / 10_007) % count,
    );
    const start = performance.now();
    for (const number of removed) index.remove(SPACE, [idOf(number)]);
    const deletePerSecond = removed.length / ((performance.now() - start) / 1000);
    const gone = new Set(removed);
    const after = await Promise.all(truth.map((_, probe) => search(probe, aims[1] as Aim)));
    return {
      count,
      insertPerSecond: count / (insertMs / 1000),
      deletePerSecond,
      memoryBytes: index.memoryBytes(),
      residentBytes,
      searches,
      ...(oneCore && { oneCore }),
      loading: {
        warmMs: warm?.ms ?? Number.NaN,
        ...(cold && { coldMs: cold.ms, coldTotalMs: cold.total }),
        vectors: warm?.vectors ?? 0,
      },
      opening,
      removedFound: after.some((found) => [...found].some((number) => gone.has(number))),
    };
  } finally {
    await index.close();
    file.remove();
  }
});

/** Keeps the codes on disk as a server does, forgets them, and takes them in again. */
async function measureOpening(
  index: VectorIndex,
  { count, dimensions, load }: { count: number; dimensions: number; load: VectorLoader },
): Promise<IndexFigures['opening']> {
  const folder = mkdtempSync(join(packageRoot(), 'build', 'bench-search', 'codes-'));
  try {
    const groups = new Map<number, { faces: number; sum: number }>();
    for (let first = 0; first < count; first += VECTORS_PER_GROUP) {
      groups.set(first / VECTORS_PER_GROUP, { faces: Math.min(VECTORS_PER_GROUP, count - first), sum: first });
    }
    const owner = {
      number: 1,
      modelVersion: 'bench',
      dimensions,
      space: SPACE,
      sealer: createSealer(makeKeyBytes()),
    };
    const kept = { owner, version: '', groups: () => groups, group: (group: number) => groups.get(group) };
    const writing = new IndexFiles({ folder, index, kept: () => [kept] });
    const writeMs = await lasting(() => writing.close());
    const [name = ''] = readdirSync(folder);
    const fileBytes = statSync(join(folder, name)).size;
    const takeIn = async (): Promise<number> => {
      index.dropSpace(SPACE);
      const reading = new IndexFiles({ folder, index, kept: () => [] });
      const ms = await lasting(() =>
        reading.load(owner, groups, (mean) => index.createSpace(SPACE, dimensions, { load, mean })),
      );
      await reading.close();
      if (index.size(SPACE) !== count) throw new Error('the file does not hold all codes');
      return ms;
    };
    const written = openSync(join(folder, name), 'r');
    fsyncSync(written);
    closeSync(written);
    const warmMs = await takeIn();
    const coldMs = forgetPages(join(folder, name)) ? await takeIn() : undefined;
    return { writeMs, warmMs, ...(coldMs !== undefined && { coldMs }), fileBytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lasting(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Has the system drop what it keeps of a file in memory; false where it cannot be told to. */
function forgetPages(path: string): boolean {
  try {
    execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Binds this process, with all threads it has and will have, to cores. @returns whether that is possible here */
function pin(cores: string): boolean {
  try {
    execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cores, String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The full vectors by their numbers, where a server has rows. */
function openVectorFile({ count, dimensions }: Faces) {
  const folder = join(packageRoot(), 'build', 'bench-search');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `vectors-${count}-${process.pid}.f32`);
  const file = openSync(path, 'wx+', 0o600);
  const bytes = dimensions * Float32Array.BYTES_PER_ELEMENT;
  let written = 0;
  return {
    append(values: Float32Array): void {
      const bytesWritten = writeSync(file, values, 0, values.byteLength, written);
      if (bytesWritten !== values.byteLength) throw new Error(`there is no room for the vectors in ${folder}`);
      written += bytesWritten;
    },
    settle: () => fsyncSync(file),
    read(number: number): Float32Array {
      const vector = new Float32Array(dimensions);
      if (readSync(file, vector, 0, bytes, number * bytes) !== bytes) throw new Error(`there is no vector ${number}`);
      return vector;
    },
    forget: () => forgetPages(path),
    remove(): void {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}
