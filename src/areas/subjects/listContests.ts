import { defineOwnOperation } from '../../governance/index.ts';

/** Lists what persons say is wrong. */
export const listContests = defineOwnOperation('ListContests', ['contestDesk'], async (request, { contestDesk }) =>
  contestDesk.list(request),
);
