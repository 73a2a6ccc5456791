import { defineOwnOperation } from '../../governance/index.ts';

/** Records a consent and answers its receipt, and its token once. */
export const grantConsent = defineOwnOperation('GrantConsent', ['consents'], async (request, { consents }) =>
  consents.grant(request),
);
