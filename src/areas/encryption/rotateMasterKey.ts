import { defineOwnOperation } from '../../governance/index.ts';

/** Wraps every key under a new master key; what is encrypted stays as it is. */
export const rotateMasterKey = defineOwnOperation(
  'RotateMasterKey',
  ['masterKeyDesk'],
  async (_request, { masterKeyDesk }) => masterKeyDesk.rotate(),
);
