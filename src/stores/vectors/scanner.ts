import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../../shared/package-root.ts';
import { type Arena, type Extent, kernelOver, MAIN_THREAD, MOST_THREADS } from './codes/arena.ts';
import type { Candidates } from './codes/candidates.ts';
import type { CodeQuery } from './codes/codes.ts';
import { type GroupTable, groupsIn } from './codes/groups.ts';
import { type Claims, type CodeReader, openClaims, scanCodes } from './codes/scan-codes.ts';
import type { ScannedOver } from './prepared-probe.ts';
import { BestScores, type Chunk, scanChunk } from './scan.ts';
import type { ScanAnswer, ScanRequest, ScanWorkerData } from './scan-messages.ts';

/** A scan to be run: over full vectors, or over codes. */
export interface Scan {
  /** Number of the space's vectors; never used again after {@link Scanner.forget}. */
  readonly space: number;
  readonly over: ScannedOver;
  readonly probe: Float32Array;
  readonly minScore: number;
  /** At least 1. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * What a scan found, in no order: the best `limit` with the ties of the last place, and perhaps others; `full` when
 * something may have been left out because others are better. Full vectors' scores are exact and reach no further.
 */
export interface ScanResult {
  readonly parts: readonly Candidates[];
  readonly full: boolean;
}

/** Runs scans without holding up the thread that asks. */
export interface Scanner {
  /** @throws the signal's reason when it is aborted */
  scan(scan: Scan): Promise<ScanResult>;
  forget(space: number): void;
  close(): Promise<void>;
}

/**
 * Numbers (vectors x dimensions) up to which a scan runs on the caller's thread, without the 0.1 ms of a round trip
 * to the workers; `npm run bench:search` shows the two.
 */
const INLINE_NUMBERS = 512 * 1024;
/** Numbers that an inline scan reads before it lets others run: about 0.3 ms. */
const SLICE_NUMBERS = 256 * 1024;

interface Pending {
  readonly scan: Scan;
  readonly stop: Int32Array;
  readonly parts: Candidates[];
  full: boolean;
  /** Answers still to come. */
  missing: number;
  readonly settle: (result: Promise<ScanResult> | ScanResult) => void;
  readonly fail: (reason: unknown) => void;
}

/** What a scan goes over, with what its workers share it out by. */
type SharedOver =
  | Extract<ScannedOver, { chunks: unknown }>
  | (Extract<ScannedOver, { table: unknown }> & { readonly claims: Claims });

/** A worker and what it has been given. */
interface Seat {
  readonly worker: Worker;
  /** Chunks of spaces. */
  readonly given: Map<number, number>;
  memories: number;
  extents: number;
}

/**
 * A scanner with a worker thread for each core, started when the first large scan comes. Should one die, the scans are
 * run here and the next large one starts others.
 */
export function createScanner(arena: Arena): Scanner {
  const pending = new Map<number, Pending>();
  const threads = Math.max(1, Math.min(availableParallelism(), MOST_THREADS));
  let seats: Seat[] = [];
  let lastScan = 0;
  let closed = false;

  const lose = (lost: Worker, cause?: Error): void => {
    if (!seats.some(({ worker }) => worker === lost)) return;
    process.emitWarning(
      `A thread that scans vectors has ended${cause === undefined ? '' : ` (${cause.message})`}: searches are slower until others have started.`,
      'ScanWorkerWarning',
    );
    for (const { worker } of seats) void worker.terminate();
    seats = [];
    for (const [id, { scan, settle }] of [...pending]) {
      pending.delete(id);
      settle('chunks' in scan.over ? scanInSlices(scan, scan.over.chunks) : scanCodesHere(arena, scan, scan.over));
    }
  };
  const start = (thread: number): Seat => {
    const data: ScanWorkerData = { thread, threads };
    const worker = new Worker(join(packageRoot(), 'dist', 'stores', 'vectors', 'scan-worker.js'), { workerData: data });
    worker.unref();
    worker.on('message', ({ scan, full, ...part }: ScanAnswer) => {
      const waiting = pending.get(scan);
      if (waiting !== undefined) {
        waiting.parts.push(part);
        waiting.full ||= full;
        waiting.missing -= 1;
        if (waiting.missing === 0) {
          pending.delete(scan);
          waiting.settle({ parts: waiting.parts, full: waiting.full });
        }
      }
      // Workers keep the process alive only while someone waits for them.
      if (pending.size === 0) for (const seat of seats) seat.worker.unref();
    });
    worker.on('error', (error) => lose(worker, error));
    worker.on('exit', () => lose(worker));
    return { worker, given: new Map(), memories: 0, extents: 0 };
  };

  const ask = (seat: Seat, id: number, scan: Scan, over: SharedOver, stop: Int32Array): void => {
    const given = seat.given.get(scan.space) ?? 0;
    const { probe, minScore, limit } = scan;
    const common = { scan: id, space: scan.space, probe, minScore, limit, stop };
    const request: ScanRequest =
      'chunks' in over
        ? { kind: 'exact', ...common, newChunks: over.chunks.slice(given) }
        : {
            kind: 'coded',
            ...common,
            ...over,
            newMemories: arena.memories.slice(seat.memories),
            newExtents: arena.extents.slice(seat.extents),
          };
    if ('chunks' in over) {
      seat.given.set(scan.space, over.chunks.length);
    } else {
      seat.memories = arena.memories.length;
      seat.extents = arena.extents.length;
    }
    seat.worker.ref();
    seat.worker.postMessage(request);
  };

  const scanInWorkers = (scan: Scan): Promise<ScanResult> =>
    new Promise((settle, fail) => {
      while (seats.length < threads) seats.push(start(seats.length));
      const id = ++lastScan;
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const abort = (): void => {
        Atomics.store(stop, 0, 1);
        pending.delete(id);
        fail(scan.signal.reason);
      };
      scan.signal.addEventListener('abort', abort, { once: true });
      const done = (): void => scan.signal.removeEventListener('abort', abort);
      // Vectors without codes are one worker's; codes are everyone's.
      const asked = 'chunks' in scan.over ? seats.slice(0, 1) : seats.slice(0, Math.max(1, groupsIn(scan.over.table)));
      pending.set(id, {
        scan,
        stop,
        parts: [],
        full: false,
        missing: asked.length,
        settle: (result) => {
          done();
          settle(result);
        },
        fail: (reason) => {
          done();
          fail(reason);
        },
      });
      const over = 'chunks' in scan.over ? scan.over : { ...scan.over, claims: openClaims(scan.over.table) };
      for (const seat of asked) ask(seat, id, scan, over, stop);
    });

  return {
    async scan(scan) {
      if (closed) throw new Error('the vector index has been closed');
      scan.signal.throwIfAborted();
      const { over } = scan;
      if (!('chunks' in over)) return scanInWorkers(scan);
      const numbers = scan.probe.length * over.chunks.reduce((sum, chunk) => sum + chunk.capacity, 0);
      return numbers <= INLINE_NUMBERS ? scanInSlices(scan, over.chunks) : scanInWorkers(scan);
    },
    forget(space) {
      const request: ScanRequest = { kind: 'drop', space };
      for (const { given, worker } of seats) if (given.delete(space)) worker.postMessage(request);
    },
    async close() {
      closed = true;
      const last = seats;
      seats = [];
      for (const [id, { stop, fail }] of [...pending]) {
        pending.delete(id);
        Atomics.store(stop, 0, 1);
        fail(new Error('the vector index has been closed'));
      }
      await Promise.all(last.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Holds this thread up; for scans whose workers have died. */
function scanCodesHere(
  arena: Arena,
  { probe, minScore, limit }: Scan,
  { table, query }: { table: GroupTable; query: CodeQuery },
): ScanResult {
  const memoryOf = (index: number): WebAssembly.Memory => arena.memories[index] as WebAssembly.Memory;
  const reader: CodeReader = {
    thread: MAIN_THREAD,
    kernel: (index) => kernelOver(memoryOf(index)),
    buffer: (index) => memoryOf(index).buffer,
    extent: (number) => arena.extents[number] as Extent,
  };
  const scan = { query, probe, minScore, limit, claims: openClaims(table), stopped: () => false };
  const [hits] = scanCodes(reader, { dimensions: probe.length, table }, { first: 0, every: 1 }, [scan]);
  return hits === undefined ? { parts: [], full: false } : { parts: [hits], full: hits.full };
}

async function scanInSlices({ probe, minScore, limit, signal }: Scan, chunks: readonly Chunk[]): Promise<ScanResult> {
  const best = new BestScores(limit, minScore);
  const slice = Math.max(1, Math.floor(SLICE_NUMBERS / probe.length));
  let sinceTurn = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.capacity; from += slice) {
      if (sinceTurn >= slice) {
        sinceTurn = 0;
        await nextTurn();
        signal.throwIfAborted();
      }
      const to = Math.min(from + slice, chunk.capacity);
      scanChunk(chunk, probe, from, to, best);
      sinceTurn += to - from;
    }
  }
  return { parts: [best.candidates()], full: best.full };
}
