import { type Chunk, dot, type SlotScore } from './scan.ts';

const FIRST_CHUNK = 64;
const LARGEST_CHUNK = 16_384;

/** What a vector costs beside its numbers and its flag: the id, its two entries and the slot's version; an estimate. */
const BYTES_PER_ID = 160;

/**
 * The vectors of one space in slots, their ids, and which slots have changed since when. Slots of removed vectors
 * are overwritten with zeros at once and used again.
 */
export class Space {
  readonly dimensions: number;
  /** Unique in its index, and never used again. */
  readonly number: number;
  readonly chunks: Chunk[] = [];
  readonly #slotOfId = new Map<string, number>();
  readonly #idOfSlot: (string | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #capacity = 0;
  /** The slots changed since each running scan began. */
  readonly #watchers = new Set<Set<number>>();

  constructor(number: number, dimensions: number) {
    this.number = number;
    this.dimensions = dimensions;
  }

  get size(): number {
    return this.#slotOfId.size;
  }

  get memoryBytes(): number {
    return this.#capacity * (this.dimensions * Float32Array.BYTES_PER_ELEMENT + 1) + this.size * BYTES_PER_ID;
  }

  has(id: string): boolean {
    return this.#slotOfId.has(id);
  }

  idOf(slot: number): string | undefined {
    return this.#idOfSlot[slot];
  }

  put(id: string, vector: Float32Array): void {
    if (vector.length !== this.dimensions) {
      throw new RangeError(`a vector of ${vector.length} dimensions in a space of ${this.dimensions}`);
    }
    const slot = this.#slotOfId.get(id) ?? this.#freeSlots.pop() ?? this.#idOfSlot.length;
    if (slot >= this.#capacity) this.#grow();
    const { chunk, at } = this.#find(slot);
    Atomics.store(chunk.live, at, 0);
    chunk.vectors.set(vector, at * this.dimensions);
    Atomics.store(chunk.live, at, 1);
    this.#slotOfId.set(id, slot);
    this.#idOfSlot[slot] = id;
    this.#noteChange(slot);
  }

  remove(id: string): void {
    const slot = this.#slotOfId.get(id);
    if (slot === undefined) return;
    const { chunk, at } = this.#find(slot);
    Atomics.store(chunk.live, at, 0);
    chunk.vectors.fill(0, at * this.dimensions, (at + 1) * this.dimensions);
    this.#slotOfId.delete(id);
    this.#idOfSlot[slot] = undefined;
    this.#freeSlots.push(slot);
    this.#noteChange(slot);
  }

  /** Overwrites every vector; a scan that runs meanwhile finds nothing. The space is of no use afterwards. */
  erase(): void {
    for (const { live, vectors } of this.chunks) {
      live.fill(0);
      vectors.fill(0);
    }
    this.#slotOfId.clear();
    this.#idOfSlot.length = 0;
  }

  /** The exact score of a slot, or undefined when it holds nothing now. */
  score(slot: number, probe: Float32Array): SlotScore | undefined {
    if (this.#idOfSlot[slot] === undefined) return undefined;
    const { chunk, at } = this.#find(slot);
    return { slot, score: dot(probe, chunk.vectors, at * this.dimensions) };
  }

  /**
   * Runs `scan`, then at once `finish` with what it found and the slots that changed in the meantime, whose scores in
   * it mean nothing. No other code runs between the last change that is counted and `finish`.
   */
  async watchChanges<Found, Result>(
    scan: () => Promise<Found>,
    finish: (found: Found, changed: ReadonlySet<number>) => Result,
  ): Promise<Result> {
    const changed = new Set<number>();
    this.#watchers.add(changed);
    try {
      return finish(await scan(), changed);
    } finally {
      this.#watchers.delete(changed);
    }
  }

  #noteChange(slot: number): void {
    for (const changed of this.#watchers) changed.add(slot);
  }

  #grow(): void {
    const capacity = Math.min(Math.max(FIRST_CHUNK, this.#capacity), LARGEST_CHUNK);
    this.chunks.push({
      firstSlot: this.#capacity,
      capacity,
      vectors: new Float32Array(new SharedArrayBuffer(capacity * this.dimensions * Float32Array.BYTES_PER_ELEMENT)),
      live: new Uint8Array(new SharedArrayBuffer(capacity)),
    });
    this.#capacity += capacity;
  }

  #find(slot: number): { chunk: Chunk; at: number } {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.chunks[middle]?.firstSlot ?? 0) <= slot) low = middle;
      else high = middle - 1;
    }
    const chunk = this.chunks[low];
    if (chunk === undefined) throw new RangeError(`slot ${slot} of an empty space`);
    return { chunk, at: slot - chunk.firstSlot };
  }
}
