import { kernelBase64 } from './kernel.ts';
import type { SharedMemory } from './web-assembly.ts';

const PAGE_BYTES = 65_536;
/** Threads that may scan at once; each has a page of its own at the beginning of every memory. */
export const MOST_THREADS = 8;
/** WebAssembly's own bound is 4 GiB; a quarter of it keeps what is reserved ahead small. */
const MEMORY_BYTES = 2 ** 30;

/** A run of bytes in one of an arena's memories. */
export interface Extent {
  /** Which of the memories. */
  readonly memory: number;
  readonly offset: number;
}

/**
 * Memory that several threads and their kernels share, handed out in runs of bytes. The first page of each thread in
 * every memory is the thread's own, for queries and hits.
 */
export class Arena {
  readonly memories: SharedMemory[] = [];
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
    const reserved = MOST_THREADS * PAGE_BYTES;
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
          initial: MOST_THREADS,
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
    const extent = { memory: this.memories.length - 1, offset: this.#next };
    this.#next += bytes;
    this.#held += bytes;
    return extent;
  }

  /** Overwrites a run with zeros and takes it back. */
  release(extent: Extent, bytes: number): void {
    const memory = this.memories[extent.memory];
    if (memory === undefined) throw new RangeError(`there is no memory ${extent.memory}`);
    new Uint8Array(memory.buffer, extent.offset, bytes).fill(0);
    this.#free.set(bytes, [...(this.#free.get(bytes) ?? []), extent]);
    this.#held -= bytes;
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
  if (!(thread >= 0 && thread < MOST_THREADS)) throw new RangeError(`there is no page for thread ${thread}`);
  return thread * PAGE_BYTES;
}

/** The kernel over a memory. */
export function kernelOver(memory: SharedMemory): ScanKernel {
  const module = new WebAssembly.Module(Buffer.from(kernelBase64, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports.scan as ScanKernel;
}
