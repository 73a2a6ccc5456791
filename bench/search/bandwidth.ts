import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SharedMemory } from '../../src/stores/vectors/codes/web-assembly.ts';
import { assemble, sharedMemory } from './assemble.ts';

/** How fast this machine reads memory: the floor under every scan of as many bytes. */
export interface Bandwidth {
  readonly bytes: number;
  readonly threads: number;
  /** Milliseconds of the fastest and of the middle pass over all bytes, by one thread and by all. */
  readonly one: { readonly best: number; readonly p50: number };
  readonly all: { readonly best: number; readonly p50: number };
}

/** What a thread is given. */
export interface BandwidthWork {
  readonly module: Uint8Array;
  readonly memories: readonly SharedMemory[];
  readonly bytes: readonly number[];
}

/** Asks a thread for its share of a pass. */
export interface BandwidthQuestion {
  readonly share: number;
  readonly of: number;
}

const MEMORY_BYTES = 2 ** 30;
/** What a thread takes at a time. */
export const STRIDE_BYTES = 512 * 1024;

/** Adds up 128 bytes a turn; eight sums, so that none waits for another. */
const sumKernel = `(module
  (import "env" "memory" (memory 1 65536 shared))
  (func (export "sum") (param $at i32) (param $end i32) (result i64)
    ${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `(local $s${i} v128)`).join(' ')}
    (loop $turn
      ${[0, 1, 2, 3, 4, 5, 6, 7]
        .map((i) => `(local.set $s${i} (i64x2.add (local.get $s${i}) (v128.load offset=${16 * i} (local.get $at))))`)
        .join('\n      ')}
      (local.set $at (i32.add (local.get $at) (i32.const 128)))
      (br_if $turn (i32.lt_u (local.get $at) (local.get $end))))
    ${[1, 2, 3, 4, 5, 6, 7].map((i) => `(local.set $s0 (i64x2.add (local.get $s0) (local.get $s${i})))`).join('\n    ')}
    (i64.add (i64x2.extract_lane 0 (local.get $s0)) (i64x2.extract_lane 1 (local.get $s0)))))`;

/**
 * Reads so many bytes again and again, as a scan would: by one thread, then by all.
 *
 * @param rounds passes of each kind; the first of each is not counted
 */
export async function measureBandwidth(bytes: number, rounds = 5): Promise<Bandwidth> {
  const module = await assemble('sum.wat', sumKernel);
  const sizes: number[] = [];
  for (let left = bytes; left > 0; left -= MEMORY_BYTES) {
    sizes.push(Math.ceil(Math.min(left, MEMORY_BYTES) / STRIDE_BYTES) * STRIDE_BYTES);
  }
  const memories = sizes.map(sharedMemory);
  // Pages that were never written are all the same page of zeros.
  for (const { buffer } of memories) new Uint8Array(buffer).fill(1);
  const threads = availableParallelism();
  const work: BandwidthWork = { module, memories, bytes: sizes };
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./bandwidth-worker.js', import.meta.url), { workerData: work }),
  );
  const pass = async (of: number): Promise<number> => {
    const start = performance.now();
    await Promise.all(workers.slice(0, of).map((worker, share) => ask(worker, { share, of })));
    return performance.now() - start;
  };
  try {
    const times = async (of: number) => {
      const ms: number[] = [];
      for (let round = -1; round < rounds; round++) {
        const took = await pass(of);
        if (round >= 0) ms.push(took);
      }
      ms.sort((a, b) => a - b);
      return { best: ms[0] ?? Number.NaN, p50: ms[ms.length >> 1] ?? Number.NaN };
    };
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return { bytes: total, threads, one: await times(1), all: await times(threads) };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, question: BandwidthQuestion): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => {
      worker.off('error', reject);
      resolve();
    });
    worker.once('error', reject);
    worker.postMessage(question);
  });
}
