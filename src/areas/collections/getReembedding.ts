import { defineOwnOperation } from '../../governance/index.ts';
import { reembeddingAsTold } from './as-told.ts';

/** Tells how far a move is. */
export const getReembedding = defineOwnOperation('GetReembedding', ['reembedder'], async (_request, { reembedder }) => {
  const staging = await reembedder.find();
  return staging === undefined ? {} : { reembedding: reembeddingAsTold(reembedder, staging) };
});
