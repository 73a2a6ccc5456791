import { collectionArn } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';

/** Tells a collection's counts, model version and birthday. */
export const describeCollection = defineOperation(
  'DescribeCollection',
  ['collectionReader', 'account'],
  async (_request, { collectionReader, account }) => {
    const { record } = collectionReader;
    return {
      FaceCount: record.faceCount,
      FaceModelVersion: record.modelVersion,
      CollectionARN: collectionArn(account, record.id),
      CreationTimestamp: new Date(record.createdAtMs),
      UserCount: record.userCount,
    };
  },
);
