import { defineOperation } from '../../governance/index.ts';

/** Removes tags from a collection; keys that are not there are ignored. */
export const untagResource = defineOperation('UntagResource', ['tagWriter'], async (request, { tagWriter }) => {
  await tagWriter.removeTags(request.TagKeys ?? []);
  return {};
});
