import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the public figures of the gallery. */
export const listCelebrities = defineOwnOperation(
  'ListCelebrities',
  ['celebrityDesk'],
  async (request, { celebrityDesk }) => celebrityDesk.list(request),
);
