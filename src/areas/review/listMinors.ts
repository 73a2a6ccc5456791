import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the subjects that are marked as minors. */
export const listMinors = defineOwnOperation('ListMinors', ['minors'], async (_request, { minors }) => ({
  minors: await minors.list(),
}));
