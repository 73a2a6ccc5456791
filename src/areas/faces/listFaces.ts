import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { wireFace } from './face-detail.ts';

/** Lists a collection's faces in the order they were stored, all or those of a user or of a list of ids. */
export const listFaces = defineOperation('ListFaces', ['collectionReader', 'pageTokens'], async (request, granted) => {
  const { collectionReader, pageTokens } = granted;
  const scope = [request.CollectionId, request.UserId ?? null, request.FaceIds ?? null];
  const after = request.NextToken ? (pageTokens.redeem('ListFaces', scope, request.NextToken) as number) : undefined;
  const page = await collectionReader.listFaces({
    limit: request.MaxResults || limits.pageOfFaces,
    ...(after !== undefined && { after }),
    ...(request.UserId !== undefined && { userId: request.UserId }),
    ...(request.FaceIds !== undefined && { faceIds: request.FaceIds }),
  });
  return {
    Faces: page.faces.map(wireFace),
    FaceModelVersion: collectionReader.record.modelVersion,
    ...(page.cursor !== undefined && { NextToken: pageTokens.issue('ListFaces', scope, page.cursor) }),
  };
});
