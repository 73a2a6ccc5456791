import { defineOwnOperation } from '../../governance/index.ts';

/** Follows the whole audit chain of this server and tells its head, or where it is broken first. */
export const verifyAudit = defineOwnOperation(
  'VerifyAudit',
  ['auditReader'],
  async ({ expectedHead }, { auditReader }, { signal }) =>
    auditReader.verify({ signal, ...(expectedHead && { expectedHead }) }),
);
