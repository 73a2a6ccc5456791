import { defineOwnOperation } from '../../governance/index.ts';

/** Lists receipts in short. */
export const listConsents = defineOwnOperation('ListConsents', ['consents'], async (request, { consents }) =>
  consents.list(request),
);
