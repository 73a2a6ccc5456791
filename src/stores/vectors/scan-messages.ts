import type { CodeBlock, CodeQuery } from './codes/codes.ts';
import type { Chunk, SlotScore } from './scan.ts';

/** What a scanning worker is started with. */
export interface ScanWorkerData {
  /** Its number, from 0, and how many share a scan. */
  readonly thread: number;
  readonly threads: number;
}

/** What the main thread asks of a scanning worker. */
export type ScanRequest =
  | {
      readonly kind: 'scan';
      readonly scan: number;
      readonly space: number;
      /** Memories of the arena that the worker has not been given yet. */
      readonly newMemories: readonly WebAssembly.Memory[];
      /** Chunks and blocks of the space that the worker has not been given yet. */
      readonly newChunks: readonly Chunk[];
      readonly newBlocks: readonly CodeBlock[];
      readonly probe: Float32Array;
      /** Absent for a space without codes. */
      readonly query: CodeQuery | undefined;
      readonly minScore: number;
      readonly limit: number;
      /** One number in shared memory; anything but 0 stops the scan. */
      readonly stop: Int32Array;
    }
  | { readonly kind: 'drop'; readonly space: number };

/** What a worker answers for its share; a stopped scan answers with what it had. */
export interface ScanAnswer {
  readonly scan: number;
  readonly hits: readonly SlotScore[];
  readonly full: boolean;
}
