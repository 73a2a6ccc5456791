import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the legal holds. */
export const listLegalHolds = defineOwnOperation('ListLegalHolds', ['retention'], async (request, { retention }) =>
  retention.holds(request),
);
