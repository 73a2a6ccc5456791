import { defineOperation } from '../../governance/index.ts';

/** Deletes faces; those of a user must be disassociated first, unknown ones are reported. */
export const deleteFaces = defineOperation('DeleteFaces', ['faceWriter'], async (request, { faceWriter }) => {
  const { deleted, refused } = await faceWriter.deleteFaces([...new Set(request.FaceIds ?? [])]);
  return {
    DeletedFaces: [...deleted],
    UnsuccessfulFaceDeletions: refused.map(({ faceId, reason, userId }) => ({
      FaceId: faceId,
      Reasons: [reason],
      ...(userId !== undefined && { UserId: userId }),
    })),
  };
});
