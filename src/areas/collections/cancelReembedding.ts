import { defineOwnOperation } from '../../governance/index.ts';

/** Gives a move to another face model up. */
export const cancelReembedding = defineOwnOperation(
  'CancelReembedding',
  ['reembedder'],
  async (_request, { reembedder }) => ({ cancelled: await reembedder.cancel() }),
);
