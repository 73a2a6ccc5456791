import type { Arena } from './codes/arena.ts';
import { BLOCK_CODES, type CodeBlock, type CodeQuery, Codes } from './codes/codes.ts';
import { IdTable } from './id-table.ts';
import { type Chunk, dot, findChunk, type SlotScore } from './scan.ts';

const FIRST_CHUNK = 64;
const LARGEST_CHUNK = 16_384;

/** Vectors from which codes pay: fewer are scanned exactly in the time of a round trip to the workers. */
export const CODED_FROM = 2 * BLOCK_CODES;

/**
 * The vectors of one space in slots, their ids, and which slots have changed since when. Slots of removed vectors
 * are overwritten with zeros at once and used again. A space that grows large gets codes beside its vectors.
 */
export class Space {
  readonly dimensions: number;
  /** Unique in its index, and never used again. */
  readonly number: number;
  readonly chunks: Chunk[] = [];
  readonly #ids = new IdTable();
  /** The first slot that was never used. */
  #nextSlot = 0;
  readonly #freeSlots: number[] = [];
  #capacity = 0;
  /** The slots changed since each running scan began. */
  readonly #watchers = new Set<Set<number>>();
  readonly #arena: Arena;
  #codes: Codes | undefined;
  /** Set when there was no memory for codes: the vectors themselves are scanned, which is slower and as exact. */
  #withoutCodes = false;

  constructor(number: number, dimensions: number, arena: Arena) {
    this.number = number;
    this.dimensions = dimensions;
    this.#arena = arena;
  }

  /** The codes of every slot and the probe for them; undefined for a small space. */
  coded(probe: Float32Array): { readonly blocks: readonly CodeBlock[]; readonly query: CodeQuery } | undefined {
    return this.#codes && { blocks: this.#codes.blocks, query: this.#codes.query(probe) };
  }

  get size(): number {
    return this.#ids.size;
  }

  get memoryBytes(): number {
    const vectors = this.#capacity * (this.dimensions * Float32Array.BYTES_PER_ELEMENT + 1);
    return vectors + (this.#codes?.memoryBytes ?? 0) + this.#ids.memoryBytes;
  }

  has(id: string): boolean {
    return this.#ids.slotOf(id) !== undefined;
  }

  idOf(slot: number): string | undefined {
    return this.#ids.idOf(slot);
  }

  put(id: string, vector: Float32Array): void {
    if (vector.length !== this.dimensions) {
      throw new RangeError(`a vector of ${vector.length} dimensions in a space of ${this.dimensions}`);
    }
    const known = this.#ids.slotOf(id);
    const slot = known ?? this.#freeSlots.pop() ?? this.#nextSlot++;
    if (slot >= this.#capacity) this.#grow();
    const { chunk, at } = this.#find(slot);
    Atomics.store(chunk.live, at, 0);
    chunk.vectors.set(vector, at * this.dimensions);
    Atomics.store(chunk.live, at, 1);
    if (known === undefined) this.#ids.set(slot, id);
    this.#code(slot, vector);
    this.#noteChange(slot);
  }

  remove(id: string): void {
    const slot = this.#ids.slotOf(id);
    if (slot === undefined) return;
    const { chunk, at } = this.#find(slot);
    Atomics.store(chunk.live, at, 0);
    chunk.vectors.fill(0, at * this.dimensions, (at + 1) * this.dimensions);
    this.#codes?.remove(slot);
    this.#ids.delete(slot);
    this.#freeSlots.push(slot);
    this.#noteChange(slot);
  }

  /** Overwrites every vector; a scan that runs meanwhile finds nothing. The space is of no use afterwards. */
  erase(): void {
    for (const { live, vectors } of this.chunks) {
      live.fill(0);
      vectors.fill(0);
    }
    this.#codes?.erase();
    this.#codes = undefined;
    this.#ids.clear();
  }

  /** The exact score of a slot, or undefined when it holds nothing now. */
  score(slot: number, probe: Float32Array): SlotScore | undefined {
    if (!this.#ids.has(slot)) return undefined;
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

  #code(slot: number, vector: Float32Array): void {
    if (this.#codes === undefined) {
      if (this.#withoutCodes || this.size < CODED_FROM) return;
      this.#codes = new Codes(this.#arena, this.#mean());
      for (const at of this.#usedSlots()) this.#putCode(at, this.#vectorOf(at));
    } else {
      this.#putCode(slot, vector);
    }
  }

  #putCode(slot: number, vector: Float32Array): void {
    if (this.#codes === undefined || this.#codes.put(slot, vector)) return;
    this.#codes.erase();
    this.#codes = undefined;
    this.#withoutCodes = true;
  }

  *#usedSlots(): Generator<number> {
    for (let slot = 0; slot < this.#nextSlot; slot++) if (this.#ids.has(slot)) yield slot;
  }

  #mean(): Float32Array {
    const sums = new Float64Array(this.dimensions);
    for (const slot of this.#usedSlots()) {
      const vector = this.#vectorOf(slot);
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (vector[i] as number);
    }
    return Float32Array.from(sums, (sum) => sum / this.size);
  }

  #vectorOf(slot: number): Float32Array {
    const { chunk, at } = this.#find(slot);
    return chunk.vectors.subarray(at * this.dimensions, (at + 1) * this.dimensions);
  }

  #find(slot: number): { chunk: Chunk; at: number } {
    const chunk = findChunk(this.chunks, slot);
    return { chunk, at: slot - chunk.firstSlot };
  }
}
