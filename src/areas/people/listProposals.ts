import { defineOwnOperation } from '../../governance/index.ts';
import { toldProposal } from './as-told.ts';

/** Lists what waits for a second person. */
export const listProposals = defineOwnOperation(
  'ListProposals',
  ['dualControl'],
  async ({ state }, { dualControl }) => {
    const found = await dualControl.list();
    return { proposals: found.filter((one) => state === 'all' || one.state === 'pending').map(toldProposal) };
  },
);
