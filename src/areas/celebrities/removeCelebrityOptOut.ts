import { defineOwnOperation } from '../../governance/index.ts';

/** Takes a person off the opt-out list. */
export const removeCelebrityOptOut = defineOwnOperation(
  'RemoveCelebrityOptOut',
  ['celebrityOptOuts'],
  async (request, { celebrityOptOuts }) => celebrityOptOuts.remove(request),
);
