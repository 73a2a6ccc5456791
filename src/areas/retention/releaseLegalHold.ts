import { defineOwnOperation } from '../../governance/index.ts';
import { toldOutcome } from './as-told.ts';

/** Proposes the end of a legal hold to another person. */
export const releaseLegalHold = defineOwnOperation(
  'ReleaseLegalHold',
  ['retention', 'dualControl'],
  async ({ holdId }, { retention, dualControl }) => {
    retention.requireHold(holdId);
    return toldOutcome(await dualControl.run('release-legal-hold', { holdId }));
  },
);
