import type { UnsuccessfulFaceAssociation } from '@aws-sdk/client-rekognition';
import { limits, ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { userOrNotFound } from './user-or-not-found.ts';

/**
 * Gives faces to a user. Once the user has a face, further ones must look like the user; those that do not, that
 * are another user's or that do not exist are reported and left alone.
 */
export const associateFaces = defineOperation(
  'AssociateFaces',
  ['userWriter', 'idempotency'],
  async (request, { userWriter, idempotency }) =>
    idempotency.once(request.ClientRequestToken, request, async () => {
      const userId = request.UserId ?? '';
      const user = await userOrNotFound(userWriter, userId);
      const asked = [...new Set(request.FaceIds ?? [])];
      const faces = new Map((await userWriter.findFaces(asked)).map((face) => [face.faceId, face]));
      const threshold = request.UserMatchThreshold ?? limits.defaultAssociationThreshold;
      const accepted: string[] = [];
      const refused: UnsuccessfulFaceAssociation[] = [];
      for (const faceId of asked) {
        const face = faces.get(faceId);
        if (face === undefined) {
          refused.push({ FaceId: faceId, Reasons: ['FACE_NOT_FOUND'] });
        } else if (face.userId === userId) {
          // Already this user's: AWS passes it over in silence.
        } else if (face.userId !== undefined) {
          refused.push({ FaceId: faceId, UserId: face.userId, Reasons: ['ASSOCIATED_TO_A_DIFFERENT_USER'] });
        } else {
          const likeness = await userWriter.matchWithUser(userId, faceId, threshold);
          if (likeness.matches) accepted.push(faceId);
          else {
            refused.push({
              FaceId: faceId,
              ...(likeness.similarity !== undefined && { Confidence: likeness.similarity }),
              Reasons: ['LOW_MATCH_CONFIDENCE'],
            });
          }
        }
      }
      if (user.faceCount + accepted.length > limits.facesPerUser) {
        throw new ServiceError('ServiceQuotaExceededException', `A user holds at most ${limits.facesPerUser} faces.`);
      }
      const after =
        accepted.length === 0
          ? user
          : await userWriter.associateFaces(userId, {
              faceIds: accepted,
              revision: user.revision,
              maxFaces: limits.facesPerUser,
            });
      return {
        AssociatedFaces: accepted.map((faceId) => ({ FaceId: faceId })),
        UnsuccessfulFaceAssociations: refused,
        UserStatus: after.status,
      };
    }),
);
