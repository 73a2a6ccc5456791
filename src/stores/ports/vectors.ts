/** A vector's key inside one space. */
export interface VectorHit {
  readonly id: string;
  /** Exact dot product of the full-precision vectors. */
  readonly score: number;
}

/** A vector to be held. */
export interface VectorEntry {
  readonly id: string;
  readonly vector: Float32Array;
  /** Which group of the space holds it; a group holds {@link VECTORS_PER_GROUP}. Absent: any that has room. */
  readonly group?: number;
}

/** How many vectors a group may hold. */
export const VECTORS_PER_GROUP = 4096;

/**
 * The full vectors of ids that the space holds, in their order, from where they are kept: what a large space answers
 * comes from these.
 *
 * @throws when one is not there
 */
export type VectorLoader = (ids: readonly string[]) => readonly Float32Array[];

/** A group as a large space holds it, to be kept and given back; as secret as the vectors. */
export interface GroupCodes {
  readonly group: number;
  readonly count: number;
  /** `count` codes of one length, then what else belongs to them; the index alone reads it. */
  readonly bytes: Uint8Array;
  /** How far these codes are from their vectors at most; see the index. */
  readonly bounds: readonly number[];
}

/** What a space needs does not fit into the memory that the index may take. */
export class IndexMemoryError extends Error {
  readonly neededBytes: number;
  readonly leftBytes: number;

  constructor(neededBytes: number, leftBytes: number) {
    const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
    super(`the search index needs ${mib(neededBytes)} more and may take ${mib(Math.max(0, leftBytes))}`);
    this.name = 'IndexMemoryError';
    this.neededBytes = neededBytes;
    this.leftBytes = leftBytes;
  }
}

/**
 * Search over vectors, derived from the rows and rebuilt from them. A space holds one collection's faces or users.
 * Implementations pass `tests/stores/vector-contract.ts`.
 */
export interface VectorIndex {
  /**
   * @param options.load where the space finds full vectors that it does not hold itself
   * @param options.mean what {@link VectorIndex.codeMean} told of the space whose groups will be put back
   */
  createSpace(
    space: string,
    dimensions: number,
    options: { readonly load: VectorLoader; readonly mean?: Float32Array },
  ): void;
  dropSpace(space: string): void;
  /**
   * Finds out whether so many more vectors would fit, before anything is done that counts on it.
   * @throws {IndexMemoryError}
   */
  reserve(space: string, more: number): void;
  /** Replaces a vector of the same id, in the group where it is. @throws {IndexMemoryError} */
  put(space: string, vectors: readonly VectorEntry[]): void;
  remove(space: string, ids: readonly string[]): void;
  size(space: string): number;
  /** Whether a vector of this id is held; false for a space that is not there. */
  has(space: string, id: string): boolean;
  /** Exact over every vector of the space, best first, equal scores by id; sees every put and remove that came before. */
  search(
    space: string,
    probe: Float32Array,
    options: { minScore: number; limit: number; exclude?: ReadonlySet<string>; signal: AbortSignal },
  ): Promise<readonly VectorHit[]>;
  /** `[dimensions]`: what the codes of a large space are made against; undefined for a small one, or none. */
  codeMean(space: string): Float32Array | undefined;
  /** Undefined when the group is empty, or cannot be told in this form. */
  readGroup(space: string, group: number): GroupCodes | undefined;
  /**
   * Puts a whole group into a space that was made with its mean and does not hold the group.
   * @throws {RangeError} when it is not of this space's form @throws {IndexMemoryError}
   */
  putGroup(space: string, codes: GroupCodes): void;
  /** Bytes held. */
  memoryBytes(): number;
  close(): Promise<void>;
}
