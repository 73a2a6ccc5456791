import { defineOwnOperation } from '../../governance/index.ts';

/** Ends a consent and erases what is held of its subject before it answers. */
export const withdrawConsent = defineOwnOperation('WithdrawConsent', ['consents'], async (request, { consents }) =>
  consents.withdraw(request),
);
