import { IdTable } from './id-table.ts';
import type { PreparedProbe } from './prepared-probe.ts';
import { type Chunk, dot, findChunk } from './scan.ts';

const FIRST_CHUNK = 64;
const LARGEST_CHUNK = 16_384;
const WORDS = 4;

/**
 * The vectors of a small space in full, in slots. Slots of removed vectors are overwritten with zeros at once and used
 * again.
 */
export class ExactVectors {
  readonly dimensions: number;
  readonly chunks: Chunk[] = [];
  readonly #onChange: (slot: number) => void;
  readonly #words: Uint32Array[] = [];
  readonly #ids = new IdTable({
    arrayOf: (slot) => this.#words[Math.floor(slot / FIRST_CHUNK)],
    offsetOf: (slot) => (slot % FIRST_CHUNK) * WORDS,
  });
  readonly #groups: (number | undefined)[] = [];
  /** The first slot that was never used. */
  #nextSlot = 0;
  readonly #freeSlots: number[] = [];
  #capacity = 0;

  /** @param onChange is told of every slot whose vector has changed or gone */
  constructor(dimensions: number, onChange: (slot: number) => void) {
    this.dimensions = dimensions;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#ids.size;
  }

  get memoryBytes(): number {
    const vectors = this.#capacity * (this.dimensions * Float32Array.BYTES_PER_ELEMENT + 1);
    return vectors + this.#words.length * FIRST_CHUNK * WORDS * 4 + this.#ids.memoryBytes;
  }

  has(id: string): boolean {
    return this.#ids.slotOf(id) !== undefined;
  }

  idOf(slot: number): string | undefined {
    return this.#ids.idOf(slot);
  }

  put(id: string, vector: Float32Array, group: number | undefined): void {
    const known = this.#ids.slotOf(id);
    const slot = known ?? this.#freeSlots.pop() ?? this.#nextSlot++;
    if (slot >= this.#capacity) this.#grow();
    const { chunk, at } = this.#find(slot);
    Atomics.store(chunk.live, at, 0);
    chunk.vectors.set(vector, at * this.dimensions);
    Atomics.store(chunk.live, at, 1);
    if (known === undefined) {
      this.#ids.set(slot, id);
      this.#groups[slot] = group;
    }
    this.#onChange(slot);
  }

  remove(id: string): void {
    const slot = this.#ids.slotOf(id);
    if (slot === undefined) return;
    const { chunk, at } = this.#find(slot);
    Atomics.store(chunk.live, at, 0);
    chunk.vectors.fill(0, at * this.dimensions, (at + 1) * this.dimensions);
    this.#ids.delete(slot);
    this.#groups[slot] = undefined;
    this.#freeSlots.push(slot);
    this.#onChange(slot);
  }

  /** Every vector that stands. */
  *entries(): Generator<{ id: string; vector: Float32Array; group: number | undefined }> {
    for (let slot = 0; slot < this.#nextSlot; slot++) {
      const id = this.#ids.idOf(slot);
      if (id !== undefined) yield { id, vector: this.#vectorOf(slot), group: this.#groups[slot] };
    }
  }

  prepare(probe: Float32Array): PreparedProbe {
    return {
      over: { chunks: this.chunks },
      isExact: true,
      score: (slot) => (this.#ids.has(slot) ? { score: dot(probe, this.#vectorOf(slot), 0), reach: 0 } : undefined),
    };
  }

  /** Every slot that holds something. */
  *slots(): Generator<number> {
    for (let slot = 0; slot < this.#nextSlot; slot++) if (this.#ids.has(slot)) yield slot;
  }

  /** None: a slot's group is only remembered here. */
  slotsOf(_group: number): readonly number[] {
    return [];
  }

  #vectorOf(slot: number): Float32Array {
    const { chunk, at } = this.#find(slot);
    return chunk.vectors.subarray(at * this.dimensions, (at + 1) * this.dimensions);
  }

  /** Overwrites every vector; a scan that runs meanwhile finds nothing. Of no use afterwards. */
  erase(): void {
    for (const { live, vectors } of this.chunks) {
      live.fill(0);
      vectors.fill(0);
    }
    this.#ids.clear();
    for (const words of this.#words) words.fill(0);
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
    while (this.#words.length * FIRST_CHUNK < this.#capacity) this.#words.push(new Uint32Array(FIRST_CHUNK * WORDS));
  }

  #find(slot: number): { chunk: Chunk; at: number } {
    const chunk = findChunk(this.chunks, slot);
    return { chunk, at: slot - chunk.firstSlot };
  }
}
