import { ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';

/** Deletes a collection with its faces, users and tags. */
export const deleteCollection = defineOperation(
  'DeleteCollection',
  ['collectionCatalog'],
  async (request, { collectionCatalog }) => {
    if (!(await collectionCatalog.delete())) {
      throw new ServiceError('ResourceNotFoundException', `The collection id: ${request.CollectionId} does not exist`);
    }
    return { StatusCode: 200 };
  },
);
