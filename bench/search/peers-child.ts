import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import Libsql from 'libsql';
import { packageRoot } from '../../src/shared/package-root.ts';
import { serveChild } from '../shared/child.ts';
import { type Faces, layOutFaces, type RealPairs } from './faces.ts';
import { type Aim, measureSearches, type Search, type SearchFigures, tellProgress } from './searching.ts';
import { similarity80 } from './threshold.ts';
import { type TrueHit, Truth } from './truth.ts';

/** Asks for another index over the same faces. */
export interface PeerQuestion {
  readonly peer: 'usearch' | 'libsql';
  readonly count: number;
  readonly seconds: number;
  readonly real: RealPairs | undefined;
  /** Where its package is installed. */
  readonly peersFolder: string;
}

export interface PeerFigures {
  readonly peer: string;
  readonly count: number;
  readonly buildMs: number;
  /** Threads that build; searches run on one. */
  readonly buildThreads: number;
  readonly residentBytes: number;
  /** With how wide a search, and how right it is: the narrowest that reaches the recall aimed at, or the widest tried. */
  readonly settings: string;
  readonly reached: boolean;
  readonly search: SearchFigures;
}

/** What our own index has to reach. */
export const RECALL_AIM = 0.9999;
const LIMIT = 80;
const WIDTHS = [64, 128, 256, 512, 1024, 2048, 4096];
const PROBES = 100;
const BATCH = 1000;

serveChild<PeerQuestion, PeerFigures>(async ({ peer, count, seconds, real, peersFolder }) => {
  const faces = layOutFaces(count, PROBES, { real, turned: true });
  const minScore = similarity80();
  const truth = new Truth(faces.probes, { limit: LIMIT, minScore });
  const aim: Aim = { name: `${LIMIT} best at similarity 80`, limit: LIMIT, minScore };
  const folder = join(packageRoot(), 'build', 'bench-search');
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, 'peer-'));
  try {
    const build = peer === 'usearch' ? buildUsearch(peersFolder, scratch) : buildLibsql(scratch);
    const before = process.memoryUsage().rss;
    const built = build(faces, truth);
    const residentBytes = process.memoryUsage().rss - before;
    const truths = faces.probes.map((_, i) => truth.of(i));
    let last: { settings: string; figures: SearchFigures } | undefined;
    for (const { settings, open } of built.ways) {
      const search = open(faces, minScore);
      const quick = await measureSearches(search, aim, truths, { seconds: 0, clients4: false });
      const reached = quick.recall.found >= RECALL_AIM * quick.recall.wanted;
      process.stderr.write(
        `${peer} of ${count.toLocaleString('en')}, ${settings}: ${quick.recall.found} of ${quick.recall.wanted}\n`,
      );
      last = { settings, figures: quick };
      if (!reached && settings !== built.ways.at(-1)?.settings) continue;
      last.figures = await measureSearches(search, aim, truths, { seconds, clients4: false });
      break;
    }
    if (last === undefined) throw new Error(`${peer} has no way to search`);
    const { recall } = last.figures;
    return {
      peer,
      count,
      buildMs: built.ms,
      buildThreads: built.threads,
      residentBytes,
      settings: last.settings,
      reached: recall.found >= RECALL_AIM * recall.wanted,
      search: last.figures,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

interface Built {
  readonly ms: number;
  readonly threads: number;
  /** From the narrowest search to the widest. */
  readonly ways: readonly { readonly settings: string; open(faces: Faces, minScore: number): Search }[];
}

type Build = (faces: Faces, truth: Truth) => Built;

/** The part of the package `usearch` that is used here. */
interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(vector: Float32Array, k: number, threads: number): { keys: BigUint64Array; distances: Float32Array };
  save(path: string): void;
  load(path: string): void;
}

/** HNSW over half-precision vectors by inner product, built by all cores. */
function buildUsearch(peersFolder: string, scratch: string): Build {
  const { Index } = createRequire(join(peersFolder, 'package.json'))('usearch') as {
    Index: new (config: Readonly<Record<string, unknown>>) => UsearchIndex;
  };
  return (faces, truth) => {
    const config = {
      metric: 'ip',
      dimensions: faces.dimensions,
      quantization: 'f16',
      connectivity: 16,
      expansion_add: 128,
      multi: false,
    };
    const index = new Index({ ...config, expansion_search: WIDTHS[0] });
    const ms = inBatches('usearch', faces, truth, (first, rows) => {
      const keys = BigUint64Array.from({ length: rows.length / faces.dimensions }, (_, i) => BigInt(first + i));
      index.add(keys, rows, 0);
    });
    const file = join(scratch, 'index.usearch');
    index.save(file);
    return {
      ms,
      threads: 0,
      ways: WIDTHS.map((width) => ({
        settings: `ef ${width}`,
        open: ({ probes, dimensions }, minScore) => {
          const opened = new Index({ ...config, expansion_search: width });
          opened.load(file);
          const vector = new Float32Array(dimensions);
          return async (probe, { limit }) => {
            const asked = probes[probe] as Float32Array;
            const { keys } = opened.search(asked, limit, 1);
            const found = new Set<number>();
            for (const key of keys) {
              faces.write(Number(key), vector, 0);
              if (dot(asked, vector) >= minScore) found.add(Number(key));
            }
            return found;
          };
        },
      })),
    };
  };
}

/** DiskANN inside the database. It knows no inner product: one more dimension makes every vector as long as the longest. */
function buildLibsql(scratch: string): Build {
  return (faces, truth) => {
    const database = new Libsql(join(scratch, 'vectors.db'));
    const dimensions = faces.dimensions + 1;
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    database.exec(`CREATE TABLE face (number INTEGER PRIMARY KEY, vector F32_BLOB(${dimensions}));
      CREATE INDEX face_by_vector ON face (libsql_vector_idx(vector, 'metric=l2', 'compress_neighbors=float8', 'max_neighbors=32'))`);
    const insert = database.prepare('INSERT INTO face (number, vector) VALUES (?, ?)');
    const longer = (vector: Float32Array, last: number): Buffer => {
      const out = new Float32Array(dimensions);
      out.set(vector);
      out[dimensions - 1] = last;
      return Buffer.from(out.buffer);
    };
    const ms = inBatches('libsql', faces, truth, (first, rows) => {
      database.exec('BEGIN');
      for (let i = 0; i < rows.length / faces.dimensions; i++) {
        const vector = rows.subarray(i * faces.dimensions, (i + 1) * faces.dimensions);
        insert.run([first + i, longer(vector, Math.sqrt(Math.max(0, 1 - dot(vector, vector))))]);
      }
      database.exec('COMMIT');
    });
    const nearest = database.prepare(
      "SELECT CAST(id AS INTEGER) AS number FROM vector_top_k('face_by_vector', ?, CAST(? AS INTEGER))",
    );
    const vector = new Float32Array(faces.dimensions);
    return {
      ms,
      threads: 1,
      // How wide it searches follows from how many are asked for.
      ways: [80, 200, 500, 1000].map((asked) => ({
        settings: `top ${asked}`,
        open:
          ({ probes }, minScore) =>
          async (probe, { limit }) => {
            const wanted = probes[probe] as Float32Array;
            const rows = nearest.all([longer(wanted, 0), asked]) as { number: number }[];
            const scored = rows.map(({ number }): TrueHit => {
              faces.write(number, vector, 0);
              return { number, score: dot(wanted, vector) };
            });
            scored.sort((a, b) => b.score - a.score);
            return new Set(scored.slice(0, limit).flatMap(({ number, score }) => (score >= minScore ? [number] : [])));
          },
      })),
    };
  };
}

/** Hands out all vectors in batches. @returns milliseconds that went by in `add` */
function inBatches(peer: string, faces: Faces, truth: Truth, add: (first: number, rows: Float32Array) => void): number {
  const tell = tellProgress(`${peer} of ${faces.count.toLocaleString('en')}`, faces.count);
  let ms = 0;
  for (let from = 0; from < faces.count; from += BATCH) {
    const rows = faces.rows(from, Math.min(from + BATCH, faces.count));
    truth.offer(rows, from);
    const start = performance.now();
    add(from, rows.data);
    ms += performance.now() - start;
    tell(from + rows.rows);
  }
  return ms;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
