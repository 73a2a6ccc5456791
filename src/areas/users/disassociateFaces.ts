import type { UnsuccessfulFaceDisassociation } from '@aws-sdk/client-rekognition';
import { defineOperation } from '../../governance/index.ts';
import { userOrNotFound } from './user-or-not-found.ts';

/** Takes faces from a user; a face that has no user is passed over, another user's or an unknown one is reported. */
export const disassociateFaces = defineOperation(
  'DisassociateFaces',
  ['userWriter', 'idempotency'],
  async (request, { userWriter, idempotency }) =>
    idempotency.once(request.ClientRequestToken, request, async () => {
      const userId = request.UserId ?? '';
      const user = await userOrNotFound(userWriter, userId);
      const asked = [...new Set(request.FaceIds ?? [])];
      const faces = new Map((await userWriter.findFaces(asked)).map((face) => [face.faceId, face]));
      const taken: string[] = [];
      const refused: UnsuccessfulFaceDisassociation[] = [];
      for (const faceId of asked) {
        const face = faces.get(faceId);
        if (face === undefined) refused.push({ FaceId: faceId, Reasons: ['FACE_NOT_FOUND'] });
        else if (face.userId === userId) taken.push(faceId);
        else if (face.userId !== undefined) {
          refused.push({ FaceId: faceId, UserId: face.userId, Reasons: ['ASSOCIATED_TO_A_DIFFERENT_USER'] });
        }
      }
      const after =
        taken.length === 0
          ? user
          : await userWriter.disassociateFaces(userId, { faceIds: taken, revision: user.revision });
      return {
        DisassociatedFaces: taken.map((faceId) => ({ FaceId: faceId })),
        UnsuccessfulFaceDisassociations: refused,
        UserStatus: after.status,
      };
    }),
);
