import { defineOwnOperation } from '../../governance/index.ts';
import { toldProposal } from './as-told.ts';

/** Approves what another person proposed, and runs it. */
export const approveProposal = defineOwnOperation(
  'ApproveProposal',
  ['dualControl'],
  async ({ proposalId, digest }, { dualControl }) => {
    const { proposal, result } = await dualControl.approve(proposalId, digest);
    return { proposal: toldProposal(proposal), result };
  },
);
