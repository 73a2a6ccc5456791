import type { CodeQuery } from './codes/codes.ts';
import type { GroupTable } from './codes/groups.ts';
import type { Chunk } from './scan.ts';

/** What a scan goes over: full vectors, or codes with the probe in their form. */
export type ScannedOver =
  | { readonly chunks: readonly Chunk[] }
  | { readonly table: GroupTable; readonly query: CodeQuery };

/** A probe in the form that a space's vectors take. */
export interface PreparedProbe {
  readonly over: ScannedOver;
  /** Whether scores are those of full vectors; else these must be loaded for the last word. */
  readonly isExact: boolean;
  /** What a slot scores now, and how far from the truth that may be; undefined when it holds nothing. */
  score(slot: number): { readonly score: number; readonly reach: number } | undefined;
}
