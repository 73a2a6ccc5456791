import { defineOwnOperation } from '../../governance/index.ts';

/** Tells of one public figure, with their faces. */
export const describeCelebrity = defineOwnOperation(
  'DescribeCelebrity',
  ['celebrityDesk'],
  async (request, { celebrityDesk }) => celebrityDesk.describe(request.celebrityId),
);
