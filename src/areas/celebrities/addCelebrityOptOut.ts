import { defineOwnOperation } from '../../governance/index.ts';

/** Records that a person does not want to be recognised, and erases them from the gallery. */
export const addCelebrityOptOut = defineOwnOperation(
  'AddCelebrityOptOut',
  ['celebrityOptOuts'],
  async (request, { celebrityOptOuts }) => celebrityOptOuts.add(request),
);
