import { limits, ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { boundingBox, wireFace } from './face-detail.ts';

/** Finds the faces of a collection that look like the largest face of an image. */
export const searchFacesByImage = defineOperation(
  'SearchFacesByImage',
  ['images', 'faceEmbedder', 'collectionReader', 'faceSearch'],
  async (request, { images, faceEmbedder, collectionReader, faceSearch }, { signal }) => {
    const image = await images.read(request.Image, signal);
    const { modelVersion } = collectionReader.record;
    const found = await faceEmbedder.embed(
      image,
      {
        modelVersion,
        find: 'largest',
        maxFaces: 1,
        keep: 'largest',
        qualityFilter: request.QualityFilter ?? 'NONE',
        attributes: new Set(),
      },
      signal,
    );
    const [face] = found.accepted;
    if (face === undefined) {
      // Clients match this text.
      throw new ServiceError('InvalidParameterException', 'There are no faces in the image. Should be at least 1.');
    }
    const matches = await faceSearch.searchFaces(
      face.template,
      {
        threshold: request.FaceMatchThreshold ?? limits.defaultMatchThreshold,
        limit: request.MaxFaces ?? limits.defaultMaxFaces,
      },
      signal,
    );
    return {
      SearchedFaceBoundingBox: boundingBox(face.box),
      SearchedFaceConfidence: face.confidence,
      FaceMatches: matches.map(({ similarity, face }) => ({ Similarity: similarity, Face: wireFace(face) })),
      FaceModelVersion: modelVersion,
    };
  },
);
