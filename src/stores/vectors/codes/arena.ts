import { kernelBase64 } from './kernel.ts';
import type { SharedMemory } from './web-assembly.ts';

const PAGE_BYTES = 65_536;
/** Threads that may scan at once. */
export const MOST_THREADS = 8;
/** Each has a page of its own at the beginning of every memory, and so has the main thread, the last. */
const THREAD_PAGES = MOST_THREADS + 1;
/** The number of the main thread among those that scan. */
export const MAIN_THREAD = MOST_THREADS;
/** WebAssembly's own bound is 4 GiB; a quarter of it keeps what is reserved ahead small. */
const MEMORY_BYTES = 2 ** 30;

/** A run of bytes in one of an arena's memories. */
export interface Extent {
  /** Its place in {@link Arena.extents}; kept when the run is released and handed out again. */
  readonly number: number;
  /** Which of the memories. */
  readonly memory: number;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Memory that several threads and their kernels share, handed out in runs of bytes. The first page of each thread in
 * every memory is the thread's own, for queries and hits.
 */
export class Arena {
  readonly memories: SharedMemory[] = [];
  /** Every run that there is, free ones too; grows only. */
  readonly extents: Extent[] = [];
  readonly #memoryBytes: number;
  readonly #free = new Map<number, Extent[]>();
  /** First byte of the last memory that nothing was given of. */
  #next = 0;
  #held = 0;

  /** @param memoryBytes how much one memory may hold; for tests */
  constructor(memoryBytes = MEMORY_BYTES) {
    this.#memoryBytes = memoryBytes;
  }

  /** Bytes handed out. */
  get bytes(): number {
    return this.#held;
  }

  /** @param bytes a multiple of 64 @returns undefined when the system gives no more @throws {RangeError} when it never fits */
  allocate(bytes: number): Extent | undefined {
    const reserved = THREAD_PAGES * PAGE_BYTES;
    if (bytes > this.#memoryBytes - reserved) throw new RangeError(`${bytes} bytes do not fit one memory`);
    const free = this.#free.get(bytes)?.pop();
    if (free !== undefined) {
      this.#held += bytes;
      return free;
    }
    try {
      let last = this.memories.at(-1);
      if (last === undefined || this.#next + bytes > this.#memoryBytes) {
        last = new WebAssembly.Memory({
          initial: THREAD_PAGES,
          maximum: Math.ceil(this.#memoryBytes / PAGE_BYTES),
          shared: true,
        });
        this.memories.push(last);
        this.#next = reserved;
      }
      const missing = this.#next + bytes - last.buffer.byteLength;
      if (missing > 0) last.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    const extent = { number: this.extents.length, memory: this.memories.length - 1, offset: this.#next, bytes };
    this.extents.push(extent);
    this.#next += bytes;
    this.#held += bytes;
    return extent;
  }

  /** Overwrites a run with zeros and takes it back. */
  release(extent: Extent): void {
    this.view(extent).fill(0);
    const free = this.#free.get(extent.bytes);
    if (free === undefined) this.#free.set(extent.bytes, [extent]);
    else free.push(extent);
    this.#held -= extent.bytes;
  }

  /** The run's bytes. */
  view(extent: Extent): Uint8Array {
    const memory = this.memories[extent.memory];
    if (memory === undefined) throw new RangeError(`there is no memory ${extent.memory}`);
    return new Uint8Array(memory.buffer, extent.offset, extent.bytes);
  }
}

/** `scan` of kernel.wat. */
export type ScanKernel = (
  codes: number,
  scales: number,
  count: number,
  dimensions: number,
  query: number,
  step: number,
  slack: number,
  least: number,
  out: number,
) => number;

/** Where a thread's own page begins in every memory. */
export function pageOfThread(thread: number): number {
  if (!(thread >= 0 && thread < THREAD_PAGES)) throw new RangeError(`there is no page for thread ${thread}`);
  return thread * PAGE_BYTES;
}

/** The kernel over a memory. */
export function kernelOver(memory: SharedMemory): ScanKernel {
  const module = new WebAssembly.Module(Buffer.from(kernelBase64, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports.scan as ScanKernel;
}
