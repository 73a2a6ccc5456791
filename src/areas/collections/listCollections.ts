import { createHash } from 'node:crypto';
import { limits } from '../../contract/index.ts';
import { type CollectionCatalog, defineOperation } from '../../governance/index.ts';

/** Lists the collections that the key may see, in order of id. */
export const listCollections = defineOperation(
  'ListCollections',
  ['collectionCatalog', 'pageTokens'],
  async (request, { collectionCatalog, pageTokens }) => {
    const limit = request.MaxResults || limits.pageOfCollections;
    const afterId = request.NextToken
      ? await resume(collectionCatalog, pageTokens.redeem('ListCollections', null, request.NextToken) as Position)
      : undefined;
    // One more than asked for tells whether a page follows.
    const found = await collectionCatalog.list({ limit: limit + 1, ...(afterId !== undefined && { afterId }) });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      CollectionIds: page.map((collection) => collection.id),
      FaceModelVersions: page.map((collection) => collection.modelVersion),
      ...(found.length > limit &&
        last && { NextToken: pageTokens.issue('ListCollections', null, positionOf(last.id)) }),
    };
  },
);

/**
 * Where a page ended: the id itself, or, because an id may be as long as a whole token (255), its beginning and a
 * digest of it.
 */
type Position = string | readonly [prefix: string, digest: string];

const longestInToken = 100;

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 16);
}

function positionOf(id: string): Position {
  return id.length <= longestInToken ? id : [id.slice(0, longestInToken), digestOf(id)];
}

/** The id to go on after; where that collection is gone, the beginning that it shared with its neighbours. */
async function resume(catalog: CollectionCatalog, position: Position): Promise<string> {
  if (typeof position === 'string') return position;
  const [prefix, digest] = position;
  for (let afterId = prefix; ; ) {
    const neighbours = await catalog.list({ afterId, limit: limits.pageOfCollections });
    const sharing = neighbours.filter(({ id }) => id.startsWith(prefix));
    const found = sharing.find(({ id }) => digestOf(id) === digest);
    if (found) return found.id;
    const last = sharing.at(-1);
    if (last === undefined || sharing.length < neighbours.length || neighbours.length < limits.pageOfCollections)
      return prefix;
    afterId = last.id;
  }
}
