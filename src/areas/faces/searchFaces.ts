import { limits, ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { wireFace } from './face-detail.ts';

/** Finds the faces of a collection that look like one of its own; that one is not among the matches. */
export const searchFaces = defineOperation(
  'SearchFaces',
  ['collectionReader', 'faceSearch'],
  async (request, { collectionReader, faceSearch }, { signal }) => {
    const faceId = request.FaceId ?? '';
    const probe = await faceSearch.faceProbe(faceId);
    if (probe === undefined) {
      throw new ServiceError('InvalidParameterException', 'faceId was not found in the collection');
    }
    const matches = await faceSearch.searchFaces(
      probe,
      {
        threshold: request.FaceMatchThreshold ?? limits.defaultMatchThreshold,
        limit: request.MaxFaces ?? limits.defaultMaxFaces,
        excludeFaceIds: new Set([faceId]),
      },
      signal,
    );
    return {
      SearchedFaceId: faceId,
      FaceMatches: matches.map(({ similarity, face }) => ({ Similarity: similarity, Face: wireFace(face) })),
      FaceModelVersion: collectionReader.record.modelVersion,
    };
  },
);
