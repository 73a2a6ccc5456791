import { defineOwnOperation } from '../../governance/index.ts';
import { toldOutcome } from './as-told.ts';

/** Proposes a legal hold to another person. */
export const placeLegalHold = defineOwnOperation(
  'PlaceLegalHold',
  ['retention', 'dualControl'],
  async ({ reason, ...scope }, { retention, dualControl }) => {
    const { kind: _, ...held } = await retention.holdScope(scope);
    return toldOutcome(await dualControl.run('place-legal-hold', { ...held, reason }));
  },
);
