import { defineOwnOperation } from '../../governance/index.ts';

/** Erases what has run out. */
export const runRetentionSweep = defineOwnOperation(
  'RunRetentionSweep',
  ['retention'],
  async ({ acceptClock }, { retention }, { signal }) => retention.sweep(acceptClock === true, signal),
);
