import { defineOwnOperation } from '../../governance/index.ts';

/** Looks for what is left of someone who was erased. */
export const runOrphanScan = defineOwnOperation(
  'RunOrphanScan',
  ['retention'],
  async (_request, { retention }, { signal }) => retention.scan(signal),
);
