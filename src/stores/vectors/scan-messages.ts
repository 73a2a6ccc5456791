import type { Extent } from './codes/arena.ts';
import type { Candidates } from './codes/candidates.ts';
import type { CodeQuery } from './codes/codes.ts';
import type { GroupTable } from './codes/groups.ts';
import type { Claims } from './codes/scan-codes.ts';
import type { Chunk } from './scan.ts';

/** What a scanning worker is started with. */
export interface ScanWorkerData {
  /** Its number, from 0, and how many share a scan. */
  readonly thread: number;
  readonly threads: number;
}

interface Asked {
  readonly scan: number;
  readonly space: number;
  readonly probe: Float32Array;
  readonly minScore: number;
  readonly limit: number;
  /** One number in shared memory; anything but 0 stops the scan. */
  readonly stop: Int32Array;
}

/** A scan over full vectors, all of it by one worker. */
export interface ExactScanRequest extends Asked {
  readonly kind: 'exact';
  /** Chunks of the space that the worker has not been given yet. */
  readonly newChunks: readonly Chunk[];
}

/** A scan over codes, whose groups the workers share out among themselves. */
export interface CodedScanRequest extends Asked {
  readonly kind: 'coded';
  readonly table: GroupTable;
  readonly claims: Claims;
  readonly query: CodeQuery;
  /** Memories and extents of the arena that the worker has not been given yet. */
  readonly newMemories: readonly WebAssembly.Memory[];
  readonly newExtents: readonly Extent[];
}

/** What the main thread asks of a scanning worker. */
export type ScanRequest = ExactScanRequest | CodedScanRequest | { readonly kind: 'drop'; readonly space: number };

/** What a worker answers of what it scanned; a stopped scan answers with what it had. */
export interface ScanAnswer extends Candidates {
  readonly scan: number;
  readonly full: boolean;
}
