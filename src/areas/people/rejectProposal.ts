import { defineOwnOperation } from '../../governance/index.ts';
import { toldProposal } from './as-told.ts';

/** Ends a proposal unapproved. */
export const rejectProposal = defineOwnOperation(
  'RejectProposal',
  ['dualControl'],
  async ({ proposalId }, { dualControl }) => ({ proposal: toldProposal(await dualControl.reject(proposalId)) }),
);
