/** A vector's key inside one space. */
export interface VectorHit {
  readonly id: string;
  /** Exact dot product of the full-precision vectors. */
  readonly score: number;
}

/**
 * Search over vectors held in memory, derived from the rows and rebuilt from them at start. A space holds one
 * collection's faces or users. Implementations pass `tests/stores/vector-contract.ts`.
 */
export interface VectorIndex {
  createSpace(space: string, dimensions: number): void;
  dropSpace(space: string): void;
  /** Replaces a vector of the same id. */
  put(space: string, vectors: readonly { id: string; vector: Float32Array }[]): void;
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
  /** Bytes held. */
  memoryBytes(): number;
  close(): Promise<void>;
}
