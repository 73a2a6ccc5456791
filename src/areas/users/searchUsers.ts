import { limits, ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { userOrNotFound } from './user-or-not-found.ts';

/** Finds the users of a collection that look like one of its faces or users; a user searched for is not among them. */
export const searchUsers = defineOperation(
  'SearchUsers',
  ['collectionReader', 'faceSearch'],
  async (request, { collectionReader, faceSearch }, { signal }) => {
    const { UserId: userId, FaceId: faceId } = request;
    if ((userId === undefined) === (faceId === undefined)) {
      throw new ServiceError(
        'InvalidParameterException',
        'Request has invalid parameters: give either UserId or FaceId.',
      );
    }
    const searched =
      userId !== undefined
        ? { SearchedUser: { UserId: (await userOrNotFound(collectionReader, userId)).userId } }
        : { SearchedFace: { FaceId: faceId } };
    const probe = userId !== undefined ? await faceSearch.userProbe(userId) : await faceSearch.faceProbe(faceId ?? '');
    if (probe === undefined && faceId !== undefined) {
      throw new ServiceError('InvalidParameterException', 'faceId was not found in the collection');
    }
    // A user without faces has no vector and looks like nobody.
    const matches =
      probe === undefined
        ? []
        : await faceSearch.searchUsers(
            probe,
            {
              threshold: request.UserMatchThreshold ?? limits.defaultMatchThreshold,
              limit: request.MaxUsers ?? limits.defaultMaxUsers,
              excludeUserIds: new Set(userId === undefined ? [] : [userId]),
            },
            signal,
          );
    return {
      UserMatches: matches.map(wireUserMatch),
      FaceModelVersion: collectionReader.record.modelVersion,
      ...searched,
    };
  },
);

/** A user match in AWS's shape. */
export function wireUserMatch(match: { similarity: number; user: { userId: string; status: UserStatusName } }) {
  return { Similarity: match.similarity, User: { UserId: match.user.userId, UserStatus: match.user.status } };
}

type UserStatusName = 'CREATED' | 'UPDATING' | 'ACTIVE';
