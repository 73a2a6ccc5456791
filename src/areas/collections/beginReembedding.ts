import { ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';
import { reembeddingAsTold } from './as-told.ts';

/** Begins to move a collection to another face model, or goes on with the move that was begun. */
export const beginReembedding = defineOwnOperation(
  'BeginReembedding',
  ['reembedder'],
  async ({ faceModelVersion }, { reembedder }) => {
    if (reembedder.record.modelVersion === faceModelVersion) {
      throw new ServiceError('InvalidParameterException', `The collection has the face model ${faceModelVersion}.`);
    }
    return { reembedding: reembeddingAsTold(reembedder, await reembedder.begin(faceModelVersion)) };
  },
);
