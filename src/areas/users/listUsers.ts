import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';

/** Lists a collection's users in order of id. */
export const listUsers = defineOperation('ListUsers', ['collectionReader', 'pageTokens'], async (request, granted) => {
  const { collectionReader, pageTokens } = granted;
  const limit = request.MaxResults ?? limits.pageOfUsers;
  const afterUserId = request.NextToken
    ? (pageTokens.redeem('ListUsers', request.CollectionId, request.NextToken) as string)
    : undefined;
  const found = await collectionReader.listUsers({
    limit: limit + 1,
    ...(afterUserId !== undefined && { afterUserId }),
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    Users: page.map((user) => ({ UserId: user.userId, UserStatus: user.status })),
    ...(found.length > limit &&
      last && { NextToken: pageTokens.issue('ListUsers', request.CollectionId, last.userId) }),
  };
});
