import type { OwnResponseOf } from '../../contract/index.ts';
import type { DualOutcome } from '../../governance/index.ts';

/** What came of something that takes two persons, as it is answered. */
export function toldOutcome(outcome: DualOutcome): OwnResponseOf<'PlaceLegalHold'> {
  if (outcome.status === 'done') return { status: outcome.status, result: outcome.result };
  const { id, digest, expiresAtMs } = outcome.proposal;
  return { status: outcome.status, proposalId: id, digest, expires: new Date(expiresAtMs).toISOString() };
}
