import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the erasures of this server. */
export const listErasures = defineOwnOperation('ListErasures', ['retention'], async (request, { retention }) =>
  retention.erasures(request),
);
