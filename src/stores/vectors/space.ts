import type { VectorLoader } from '../ports/vectors.ts';
import { type Change, CodedVectors } from './coded-vectors.ts';
import type { Arena } from './codes/arena.ts';
import { bytesPerCode } from './codes/codes.ts';
import { ExactVectors } from './exact-vectors.ts';

/**
 * Vectors from which codes pay: fewer are scanned in full in the time of a round trip to the workers, and cost little
 * memory.
 */
export const CODED_FROM = 4096;
/** What an id's place in the table of ids costs at most. */
const BYTES_PER_PLACE = 11;

/** Which slots and groups changed while a scan ran; what it found in them means nothing. */
export interface Changes {
  readonly slots: ReadonlySet<number>;
  readonly groups: ReadonlySet<number>;
}

/** The vectors of one space: in full while they are few, as codes from then on. */
export class Space {
  readonly dimensions: number;
  readonly load: VectorLoader;
  readonly #arena: Arena;
  readonly #nextNumber: () => number;
  readonly #watchers = new Set<{ slots: Set<number>; groups: Set<number> }>();
  #number: number;
  #vectors: ExactVectors | CodedVectors;
  /** Grows when all slots have got another meaning. */
  #generation = 0;

  /**
   * @param nextNumber a number that no space's vectors had before
   * @param mean of a space that is large from the start
   */
  constructor(
    dimensions: number,
    parts: { arena: Arena; load: VectorLoader; nextNumber: () => number; mean: Float32Array | undefined },
  ) {
    this.dimensions = dimensions;
    this.load = parts.load;
    this.#arena = parts.arena;
    this.#nextNumber = parts.nextNumber;
    this.#number = parts.nextNumber();
    this.#vectors =
      parts.mean === undefined
        ? new ExactVectors(dimensions, (slot) => this.#note({ slot }))
        : new CodedVectors(parts.arena, parts.mean, (change) => this.#note(change));
  }

  /** Of its vectors as they are kept now. */
  get number(): number {
    return this.#number;
  }

  get vectors(): ExactVectors | CodedVectors {
    return this.#vectors;
  }

  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#vectors.size;
  }

  get memoryBytes(): number {
    return this.#vectors.memoryBytes;
  }

  /** Bytes that it would hold, about, with so many more vectors. */
  bytesWith(more: number): number {
    const size = this.size + more;
    return this.#vectors instanceof ExactVectors && size < CODED_FROM
      ? size * (4 * this.dimensions + 32)
      : size * (bytesPerCode(this.dimensions) + BYTES_PER_PLACE);
  }

  put(id: string, vector: Float32Array, group: number | undefined): void {
    if (vector.length !== this.dimensions) {
      throw new RangeError(`a vector of ${vector.length} dimensions in a space of ${this.dimensions}`);
    }
    this.#vectors.put(id, vector, group);
    if (this.#vectors instanceof ExactVectors && this.#vectors.size >= CODED_FROM) this.#encode(this.#vectors);
  }

  /** Overwrites every vector; a scan that runs meanwhile finds nothing. The space is of no use afterwards. */
  erase(): void {
    this.#generation += 1;
    this.#vectors.erase();
  }

  /** The slots that changed, those of changed groups among them. */
  *slotsOf({ slots, groups }: Changes): Generator<number> {
    yield* slots;
    for (const group of groups) for (const slot of this.#vectors.slotsOf(group)) if (!slots.has(slot)) yield slot;
  }

  /**
   * Runs `scan`, then at once `finish` with what it found and what changed in the meantime. No other code runs between
   * the last change that is counted and `finish`.
   */
  async watchChanges<Found, Result>(
    scan: () => Promise<Found>,
    finish: (found: Found, changes: Changes) => Result,
  ): Promise<Result> {
    const changes = { slots: new Set<number>(), groups: new Set<number>() };
    this.#watchers.add(changes);
    try {
      return finish(await scan(), changes);
    } finally {
      this.#watchers.delete(changes);
    }
  }

  #note(change: Change): void {
    for (const { slots, groups } of this.#watchers) {
      if ('slot' in change) slots.add(change.slot);
      else groups.add(change.group);
    }
  }

  #encode(exact: ExactVectors): void {
    const sums = new Float64Array(this.dimensions);
    for (const { vector } of exact.entries()) {
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (vector[i] as number);
    }
    const mean = Float32Array.from(sums, (sum) => sum / exact.size);
    const coded = new CodedVectors(this.#arena, mean, (change) => this.#note(change));
    coded.reserve(exact.size);
    try {
      for (const { id, vector, group } of exact.entries()) coded.put(id, vector, group);
    } catch (error) {
      coded.erase();
      throw error;
    }
    this.#vectors = coded;
    this.#generation += 1;
    this.#number = this.#nextNumber();
    exact.erase();
  }
}
