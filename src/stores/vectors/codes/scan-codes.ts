import { type Chunk, dot, findChunk, type SlotScore } from '../scan.ts';
import { pageOfThread, type ScanKernel } from './arena.ts';
import { BLOCK_CODES, type CodeBlock, type CodeQuery, paddedDimensions } from './codes.ts';

/** A query of a pass. */
export interface CodeScan {
  readonly query: CodeQuery;
  readonly probe: Float32Array;
  readonly minScore: number;
  /** At least 1. */
  readonly limit: number;
  readonly stopped: () => boolean;
}

/** What a pass found for a query: every slot that may be among the best, exactly scored. */
export interface CodeHits {
  readonly hits: readonly SlotScore[];
  /** Whether slots at or above the least score may have been left out, because others were better. */
  readonly full: boolean;
}

/** A thread's way to the codes. */
export interface CodeReader {
  readonly thread: number;
  kernel(memory: number): ScanKernel;
  buffer(memory: number): ArrayBufferLike;
}

/** Where a thread's hits lie in its page; before them stands the query. */
const HITS_AT = 16_384;

/**
 * One pass over blocks for several queries: a block is read from memory once and from the cache for every further
 * query. The answers are those of an exact scan: a vector is passed over only when its score, taken as high as its code
 * allows, stays below the least score asked for or below that of `limit` others taken as low as theirs allow.
 *
 * @param chunks the vectors themselves, of which the last scores come
 */
export function scanCodes(
  reader: CodeReader,
  space: { readonly dimensions: number; readonly blocks: readonly CodeBlock[]; readonly chunks: readonly Chunk[] },
  share: { readonly first: number; readonly every: number },
  scans: readonly CodeScan[],
): CodeHits[] {
  const padded = paddedDimensions(space.dimensions);
  const searches = scans.map((scan) => new CodeSearch(scan));
  const page = pageOfThread(reader.thread);
  for (let index = share.first; index < space.blocks.length; index += share.every) {
    const block = space.blocks[index] as CodeBlock;
    const buffer = reader.buffer(block.memory);
    const kernel = reader.kernel(block.memory);
    const scales = block.offset + BLOCK_CODES * padded;
    const queryPlace = new Int16Array(buffer, page, padded);
    for (const search of searches) {
      const { query, stopped } = search.scan;
      if (stopped()) continue;
      queryPlace.set(query.numbers);
      const least = search.least();
      const out = page + HITS_AT;
      const count = kernel(block.offset, scales, BLOCK_CODES, padded, page, query.step, query.slack, least, out);
      if (count === 0) continue;
      search.take(
        index * BLOCK_CODES,
        new Int32Array(buffer, out, 2 * count),
        new Float32Array(buffer, out, 2 * count),
        new Float32Array(buffer, scales, BLOCK_CODES),
      );
    }
  }
  return searches.map((search) => search.finish(space.chunks));
}

/** One query's candidates, and the score that so many of them reach for certain. */
class CodeSearch {
  readonly scan: CodeScan;
  readonly #slots: number[] = [];
  readonly #highest: number[] = [];
  /** A heap of the best lowest scores, the least of them on top; at most `limit`. */
  readonly #lowest: number[] = [];

  constructor(scan: CodeScan) {
    this.scan = scan;
  }

  /** What the kernel's score must be able to reach, a little less for float32. */
  least(): number {
    const { minScore, query } = this.scan;
    const wanted = Math.max(minScore, this.#floor());
    return wanted === Number.NEGATIVE_INFINITY
      ? wanted
      : wanted - query.offset - 1e-6 * (Math.abs(wanted) + Math.abs(query.offset));
  }

  /** @param indexes at even places @param scores at odd places @param scales of the block */
  take(firstSlot: number, indexes: Int32Array, scores: Float32Array, scales: Float32Array): void {
    const { slack, offset } = this.scan.query;
    for (let i = 0; i < indexes.length; i += 2) {
      const index = indexes[i] as number;
      const middle = offset + (scores[i + 1] as number);
      const reach = (scales[index] as number) * slack;
      this.#slots.push(firstSlot + index);
      this.#highest.push(middle + reach);
      this.#offerLowest(middle - reach);
    }
  }

  finish(chunks: readonly Chunk[]): CodeHits {
    const { probe, minScore } = this.scan;
    const floor = this.#floor();
    const least = Math.max(minScore, floor) - 1e-6 * (Math.abs(floor) + 1);
    const hits: SlotScore[] = [];
    for (const [i, slot] of this.#slots.entries()) {
      // A slot that was emptied meanwhile has no reach that is a number; it is told, so that its loss is noticed.
      if ((this.#highest[i] as number) < least) continue;
      const chunk = findChunk(chunks, slot);
      hits.push({ slot, score: dot(probe, chunk.vectors, (slot - chunk.firstSlot) * probe.length) });
    }
    return { hits, full: floor > minScore };
  }

  #floor(): number {
    return this.#lowest.length < this.scan.limit ? Number.NEGATIVE_INFINITY : (this.#lowest[0] as number);
  }

  #offerLowest(score: number): void {
    const heap = this.#lowest;
    if (Number.isNaN(score)) return;
    if (heap.length < this.scan.limit) {
      heap.push(score);
      let child = heap.length - 1;
      while (child > 0) {
        const parent = (child - 1) >> 1;
        if ((heap[parent] as number) <= (heap[child] as number)) return;
        swap(heap, parent, child);
        child = parent;
      }
      return;
    }
    if (score <= (heap[0] as number)) return;
    heap[0] = score;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let least = parent;
      if (left < heap.length && (heap[left] as number) < (heap[least] as number)) least = left;
      if (right < heap.length && (heap[right] as number) < (heap[least] as number)) least = right;
      if (least === parent) return;
      swap(heap, parent, least);
      parent = least;
    }
  }
}

function swap(heap: number[], i: number, j: number): void {
  const kept = heap[i] as number;
  heap[i] = heap[j] as number;
  heap[j] = kept;
}
