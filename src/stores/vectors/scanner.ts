import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../../shared/package-root.ts';
import { BestScores, type Chunk, type SlotScore, scanChunk } from './scan.ts';
import type { ScanAnswer, ScanRequest } from './scan-messages.ts';

/** A scan to be run. */
export interface Scan {
  /** Number of the space; never used again after {@link Scanner.forget}. */
  readonly space: number;
  readonly chunks: readonly Chunk[];
  readonly probe: Float32Array;
  readonly minScore: number;
  /** At least 1. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** What a scan found, in no order, ties of the last place included; `full` when something may have been left out. */
export interface ScanResult {
  readonly hits: readonly SlotScore[];
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
 * to the worker; bench/stores.ts shows the two.
 */
const INLINE_NUMBERS = 512 * 1024;

/** Numbers that an inline scan reads before it lets others run: about 0.3 ms. */
const SLICE_NUMBERS = 256 * 1024;

interface Pending {
  readonly scan: Scan;
  readonly stop: Int32Array;
  readonly settle: (result: Promise<ScanResult> | ScanResult) => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * A scanner with one worker thread, started when the first large scan comes. Should it die, its scans are run here
 * and the next large one starts another.
 */
export function createScanner(): Scanner {
  const pending = new Map<number, Pending>();
  /** How many chunks of each space the worker has. */
  const given = new Map<number, number>();
  let worker: Worker | undefined;
  let lastScan = 0;
  let closed = false;

  const lose = (lost: Worker): void => {
    if (worker !== lost) return;
    worker = undefined;
    given.clear();
    for (const [id, { scan, settle }] of [...pending]) {
      pending.delete(id);
      settle(scanInSlices(scan));
    }
  };

  const start = (): Worker => {
    const started = new Worker(join(packageRoot(), 'dist', 'stores', 'vectors', 'scan-worker.js'));
    started.unref();
    started.on('message', ({ scan, hits, full }: ScanAnswer) => {
      const waiting = pending.get(scan);
      pending.delete(scan);
      waiting?.settle({ hits, full });
      // A worker keeps the process alive only while someone waits for it.
      if (pending.size === 0) started.unref();
    });
    started.on('error', () => lose(started));
    started.on('exit', () => lose(started));
    return started;
  };

  const scanInWorker = (scan: Scan): Promise<ScanResult> =>
    new Promise((settle, fail) => {
      worker ??= start();
      const id = ++lastScan;
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const abort = (): void => {
        Atomics.store(stop, 0, 1);
        pending.delete(id);
        fail(scan.signal.reason);
      };
      scan.signal.addEventListener('abort', abort, { once: true });
      const done = (): void => scan.signal.removeEventListener('abort', abort);
      pending.set(id, {
        scan,
        stop,
        settle: (result) => {
          done();
          settle(result);
        },
        fail: (reason) => {
          done();
          fail(reason);
        },
      });
      const request: ScanRequest = {
        kind: 'scan',
        scan: id,
        space: scan.space,
        newChunks: scan.chunks.slice(given.get(scan.space) ?? 0),
        probe: scan.probe,
        minScore: scan.minScore,
        limit: scan.limit,
        stop,
      };
      given.set(scan.space, scan.chunks.length);
      worker.ref();
      worker.postMessage(request);
    });

  return {
    async scan(scan) {
      if (closed) throw new Error('the vector index has been closed');
      scan.signal.throwIfAborted();
      const numbers = scan.probe.length * scan.chunks.reduce((sum, chunk) => sum + chunk.capacity, 0);
      return numbers <= INLINE_NUMBERS ? scanInSlices(scan) : scanInWorker(scan);
    },
    forget(space) {
      if (!given.delete(space)) return;
      const request: ScanRequest = { kind: 'drop', space };
      worker?.postMessage(request);
    },
    async close() {
      closed = true;
      const last = worker;
      worker = undefined;
      for (const [id, { stop, fail }] of [...pending]) {
        pending.delete(id);
        Atomics.store(stop, 0, 1);
        fail(new Error('the vector index has been closed'));
      }
      await last?.terminate();
    },
  };
}

async function scanInSlices({ chunks, probe, minScore, limit, signal }: Scan): Promise<ScanResult> {
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
  return { hits: best.list(), full: best.full };
}
