import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';

/** Adds tags to a collection, or replaces their values. */
export const tagResource = defineOperation('TagResource', ['tagWriter'], async (request, { tagWriter }) => {
  await tagWriter.putTags(request.Tags ?? {}, limits.tagsPerResource);
  return {};
});
