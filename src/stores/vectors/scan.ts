import type { Candidates } from './codes/candidates.ts';

/** A run of vectors in shared memory: the main thread writes, a scan reads. */
export interface Chunk {
  /** Slot of the chunk's first vector. */
  readonly firstSlot: number;
  /** Slots the chunk holds. */
  readonly capacity: number;
  /** `[capacity, dimensions]`. */
  readonly vectors: Float32Array;
  /** `[capacity]`; 1 where a vector stands. */
  readonly live: Uint8Array;
}

/** A slot and the dot product of its vector with the probe. */
export interface SlotScore {
  readonly slot: number;
  readonly score: number;
}

/**
 * The dot product of the probe with the vector at `offset`: float32 inputs, products and sums in double precision,
 * four running sums over every fourth dimension, added as (0 + 1) + (2 + 3). The order is fixed, so a score is the
 * same wherever it is computed.
 */
export function dot(probe: Float32Array, vectors: Float32Array, offset: number): number {
  const dimensions = probe.length;
  const whole = dimensions - (dimensions % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < whole; i += 4) {
    a += (probe[i] as number) * (vectors[offset + i] as number);
    b += (probe[i + 1] as number) * (vectors[offset + i + 1] as number);
    c += (probe[i + 2] as number) * (vectors[offset + i + 2] as number);
    d += (probe[i + 3] as number) * (vectors[offset + i + 3] as number);
  }
  for (let i = whole; i < dimensions; i++) a += (probe[i] as number) * (vectors[offset + i] as number);
  return a + b + (c + d);
}

/**
 * Keeps the best `limit` scores, and every further one that equals the worst of them: who wins a tie is decided by
 * ids, which a scan does not know.
 */
export class BestScores {
  readonly #limit: number;
  readonly #slots: number[] = [];
  readonly #scores: number[] = [];
  #tied: number[] = [];
  /** Nothing below it can get in. */
  #floor: number;

  /** @param limit at least 1 */
  constructor(limit: number, minScore: number) {
    this.#limit = limit;
    this.#floor = minScore;
  }

  get floor(): number {
    return this.#floor;
  }

  /** Whether something that would have been kept may have been left out. */
  get full(): boolean {
    return this.#slots.length >= this.#limit;
  }

  /** @param score at least {@link BestScores.floor} */
  offer(slot: number, score: number): void {
    const size = this.#slots.length;
    if (size < this.#limit) {
      this.#slots.push(slot);
      this.#scores.push(score);
      this.#siftUp(size);
      if (size + 1 === this.#limit) this.#floor = this.#scores[0] as number;
      return;
    }
    if (score === this.#floor) {
      this.#tied.push(slot);
      return;
    }
    const dropped = this.#slots[0] as number;
    this.#slots[0] = slot;
    this.#scores[0] = score;
    this.#siftDown();
    const floor = this.#scores[0] as number;
    if (floor === this.#floor) this.#tied.push(dropped);
    else this.#tied = [];
    this.#floor = floor;
  }

  /** In no order. */
  list(): SlotScore[] {
    const kept = this.#slots.map((slot, i) => ({ slot, score: this.#scores[i] as number }));
    return kept.concat(this.#tied.map((slot) => ({ slot, score: this.#floor })));
  }

  /** As {@link BestScores.list}; exact scores reach no further. */
  candidates(): Candidates {
    const list = this.list();
    return {
      slots: Int32Array.from(list, ({ slot }) => slot),
      scores: Float64Array.from(list, ({ score }) => score),
      reaches: new Float64Array(list.length),
    };
  }

  #siftUp(from: number): void {
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if ((this.#scores[parent] as number) <= (this.#scores[child] as number)) return;
      this.#swap(parent, child);
      child = parent;
    }
  }

  #siftDown(): void {
    let parent = 0;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#scores.length && (this.#scores[child] as number) < (this.#scores[least] as number)) {
          least = child;
        }
      }
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #swap(i: number, j: number): void {
    const slot = this.#slots[i] as number;
    this.#slots[i] = this.#slots[j] as number;
    this.#slots[j] = slot;
    const score = this.#scores[i] as number;
    this.#scores[i] = this.#scores[j] as number;
    this.#scores[j] = score;
  }
}

/** The chunk that a slot lies in. @throws {RangeError} for a slot of none */
export function findChunk(chunks: readonly Chunk[], slot: number): Chunk {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((chunks[middle]?.firstSlot ?? 0) <= slot) low = middle;
    else high = middle - 1;
  }
  const chunk = chunks[low];
  if (chunk === undefined || slot >= chunk.firstSlot + chunk.capacity)
    throw new RangeError(`no chunk has slot ${slot}`);
  return chunk;
}

/** Offers every live vector of a part of a chunk, `[from, to)`. */
export function scanChunk(chunk: Chunk, probe: Float32Array, from: number, to: number, best: BestScores): void {
  const { vectors, live } = chunk;
  const dimensions = probe.length;
  for (let i = from; i < to; i++) {
    // Atomic, so that a vector whose flag is seen is seen whole: the writer raises the flag last.
    if (Atomics.load(live, i) === 0) continue;
    const score = dot(probe, vectors, i * dimensions);
    if (score >= best.floor) best.offer(chunk.firstSlot + i, score);
  }
}
