import type { FaceAttribute } from '../vision/index.ts';
import type { PurposeRow } from './policy/index.ts';

/**
 * What the gate allowed, as data: compose builds the capabilities from it where the work runs, so it can cross
 * threads, and later jobs and nodes.
 */
export interface Grant {
  readonly decisionId: string;
  readonly requestId: string;
  readonly person: string;
  readonly accessKeyId: string;
  readonly operation: string;
  readonly purpose: string;
  /** Purposes that the key lists, for what spans collections. */
  readonly purposes?: readonly string[];
  /** The collections the operation may touch: one, or all that the key may see (listing), or none. */
  readonly scope:
    | { readonly kind: 'collection'; readonly collectionId: string }
    | { readonly kind: 'account'; readonly collections: readonly string[] | '*' }
    | { readonly kind: 'none' };
  /** 0..100: no match below it is ever answered. */
  readonly similarityFloor: number;
  /** `two-reviewers`: matches are withheld until two persons agreed on them. */
  readonly review: PurposeRow['review'];
  /** Left out of every answer, whatever was asked for. */
  readonly withheldAttributes: readonly FaceAttribute[];
  /** Left out for every face that is not clearly an adult's. */
  readonly withheldFromMinors: readonly FaceAttribute[];
  readonly policyDigest: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}
