import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the cannot-links of a collection. */
export const listCannotLinks = defineOwnOperation('ListCannotLinks', ['cannotLinks'], (request, { cannotLinks }) =>
  cannotLinks.list(request),
);
