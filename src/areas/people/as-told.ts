import type { DualOutcome, Proposal } from '../../governance/index.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** The outcome of what takes two persons, as it is answered. */
export function toldOutcome(outcome: DualOutcome) {
  if (outcome.status === 'done') return { status: outcome.status, result: outcome.result };
  const { id, digest, expiresAtMs } = outcome.proposal;
  return { status: outcome.status, proposalId: id, digest, expires: iso(expiresAtMs) };
}

/** A proposal as it is answered. */
export function toldProposal(proposal: Proposal) {
  const { id, action, parameters, digest, proposedBy, atMs, expiresAtMs, state, decidedBy } = proposal;
  return {
    proposalId: id,
    action,
    parameters: JSON.stringify(parameters),
    digest,
    proposedBy,
    at: iso(atMs),
    expires: iso(expiresAtMs),
    state,
    ...(decidedBy !== undefined && { decidedBy }),
  };
}
