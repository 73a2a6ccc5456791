import type { RoleName } from '../../shared/role-names.ts';
import type { KeptCase } from './case.ts';

/** Who asks the desk: a person with the limits of the key that was used. */
export interface ReviewCaller {
  readonly person: string;
  readonly roles: readonly RoleName[];
  /** Collections that the key may touch. */
  readonly collections: readonly string[] | '*';
  /** Purposes that the key lists. */
  readonly purposes: readonly string[];
}

/** Whether a case lies within the limits of the caller's key. */
export function mayReach(caller: ReviewCaller, { collectionId, purpose }: KeptCase): boolean {
  if (!caller.purposes.includes(purpose)) return false;
  return caller.collections === '*' || collectionId === undefined || caller.collections.includes(collectionId);
}
