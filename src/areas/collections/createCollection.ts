import { collectionArn, ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';

/** Makes a collection, bound for ever to the purpose of its tag `likeness:purpose` or the configured default. */
export const createCollection = defineOperation(
  'CreateCollection',
  ['collectionCatalog', 'account'],
  async (request, { collectionCatalog, account }) => {
    const id = request.CollectionId ?? '';
    if ((await collectionCatalog.count()) >= account.maxCollections) {
      throw new ServiceError(
        'ServiceQuotaExceededException',
        `This account holds ${account.maxCollections} collections, its maximum.`,
      );
    }
    const made = await collectionCatalog.create({ id, tags: request.Tags ?? {} });
    return { StatusCode: 200, CollectionArn: collectionArn(account, id), FaceModelVersion: made.modelVersion };
  },
);
