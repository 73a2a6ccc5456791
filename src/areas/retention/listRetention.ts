import { defineOwnOperation } from '../../governance/index.ts';

/** Tells what runs out when. */
export const listRetention = defineOwnOperation('ListRetention', ['retention'], async (request, { retention }) =>
  retention.status(request),
);
