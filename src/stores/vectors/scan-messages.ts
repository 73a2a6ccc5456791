import type { Chunk, SlotScore } from './scan.ts';

/** What the main thread asks of the scanning worker. */
export type ScanRequest =
  | {
      readonly kind: 'scan';
      readonly scan: number;
      readonly space: number;
      /** Chunks of the space that the worker has not been given yet. */
      readonly newChunks: readonly Chunk[];
      readonly probe: Float32Array;
      readonly minScore: number;
      readonly limit: number;
      /** One number in shared memory; anything but 0 stops the scan. */
      readonly stop: Int32Array;
    }
  | { readonly kind: 'drop'; readonly space: number };

/** What the worker answers; a stopped scan answers with what it had. */
export interface ScanAnswer {
  readonly scan: number;
  readonly hits: readonly SlotScore[];
  readonly full: boolean;
}
