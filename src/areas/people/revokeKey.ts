import { defineOwnOperation } from '../../governance/index.ts';

/** Revokes a key at once. */
export const revokeKey = defineOwnOperation('RevokeKey', ['keyDesk'], async ({ accessKeyId }, { keyDesk }) => {
  await keyDesk.revoke(accessKeyId);
  return {};
});
