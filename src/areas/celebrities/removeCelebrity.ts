import { defineOwnOperation } from '../../governance/index.ts';

/** Erases a public figure from the gallery. */
export const removeCelebrity = defineOwnOperation(
  'RemoveCelebrity',
  ['celebrityDesk'],
  async (request, { celebrityDesk }) => celebrityDesk.remove(request.celebrityId),
);
