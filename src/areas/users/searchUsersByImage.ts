import type { UnsearchedFace } from '@aws-sdk/client-rekognition';
import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import type { RejectionReason } from '../../vision/index.ts';
import { faceDetail } from '../faces/index.ts';
import { wireUserMatch } from './searchUsers.ts';

const nothingAsked = { attributes: new Set<never>(), allLandmarks: false };

/** Finds the users that look like the largest face of an image; unlike SearchFacesByImage, an image without a face is no error. */
export const searchUsersByImage = defineOperation(
  'SearchUsersByImage',
  ['images', 'faceEmbedder', 'collectionReader', 'faceSearch'],
  async (request, { images, faceEmbedder, collectionReader, faceSearch }, { signal }) => {
    const image = await images.read(request.Image, signal);
    const { modelVersion } = collectionReader.record;
    const found = await faceEmbedder.embed(
      image,
      {
        modelVersion,
        find: 'all',
        maxFaces: 1,
        keep: 'largest',
        qualityFilter: request.QualityFilter ?? 'NONE',
        attributes: nothingAsked.attributes,
      },
      signal,
    );
    const [face] = found.accepted;
    const matches =
      face === undefined
        ? []
        : await faceSearch.searchUsers(
            face.template,
            {
              threshold: request.UserMatchThreshold ?? limits.defaultMatchThreshold,
              limit: request.MaxUsers ?? limits.defaultMaxUsers,
            },
            signal,
          );
    return {
      UserMatches: matches.map(wireUserMatch),
      FaceModelVersion: modelVersion,
      ...(face && { SearchedFace: { FaceDetail: faceDetail(face, nothingAsked) } }),
      UnsearchedFaces: found.rejected.map(
        (other): UnsearchedFace => ({
          FaceDetails: faceDetail(other, nothingAsked),
          Reasons: other.reasons.map(unsearchedReason),
        }),
      ),
    };
  },
);

/** Only one face is searched for, so a face beyond it is one that is not the largest. */
function unsearchedReason(reason: RejectionReason) {
  return reason === 'EXCEEDS_MAX_FACES' ? 'FACE_NOT_LARGEST' : reason;
}
