import { defineOwnOperation } from '../../governance/index.ts';

/** Tells one receipt. */
export const getConsent = defineOwnOperation('GetConsent', ['consents'], async ({ receiptId }, { consents }) =>
  consents.get(receiptId),
);
