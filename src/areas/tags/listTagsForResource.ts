import { defineOperation } from '../../governance/index.ts';

/** Lists a collection's tags. */
export const listTagsForResource = defineOperation(
  'ListTagsForResource',
  ['collectionReader'],
  async (_request, { collectionReader }) => ({ Tags: { ...(await collectionReader.tags()) } }),
);
