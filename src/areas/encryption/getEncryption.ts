import { defineOwnOperation } from '../../governance/index.ts';

/** Tells which master key is in use. */
export const getEncryption = defineOwnOperation(
  'GetEncryption',
  ['masterKeyDesk'],
  async (_request, { masterKeyDesk }) => masterKeyDesk.status(),
);
