/** Slots with scores that are known up to a reach; parallel arrays. */
export interface Candidates {
  readonly slots: Int32Array;
  /** Never further from the truth than their reach. */
  readonly scores: Float64Array;
  readonly reaches: Float64Array;
}

/** Keeps the largest numbers, up to a limit, to tell which so many reach for certain. */
export class Floor {
  readonly #limit: number;
  /** A heap, the least on top. */
  readonly #heap: number[] = [];

  /** @param limit at least 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What `limit` of the numbers reach; -Infinity while there are fewer. */
  get value(): number {
    return this.#heap.length < this.#limit ? Number.NEGATIVE_INFINITY : (this.#heap[0] as number);
  }

  offer(score: number): void {
    const heap = this.#heap;
    if (Number.isNaN(score)) return;
    if (heap.length < this.#limit) {
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

/** The least true score that a candidate must be able to reach to be among the best; a little less, for rounding. */
export function leastWanted(minScore: number, floor: number): number {
  const least = Math.max(minScore, floor);
  return least === Number.NEGATIVE_INFINITY ? least : least - 1e-9 * (Math.abs(least) + 1);
}

function swap(heap: number[], i: number, j: number): void {
  const kept = heap[i] as number;
  heap[i] = heap[j] as number;
  heap[j] = kept;
}
