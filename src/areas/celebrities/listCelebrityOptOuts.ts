import { defineOwnOperation } from '../../governance/index.ts';

/** Lists who asked not to be recognised. */
export const listCelebrityOptOuts = defineOwnOperation(
  'ListCelebrityOptOuts',
  ['celebrityOptOuts'],
  async (request, { celebrityOptOuts }) => celebrityOptOuts.list(request),
);
