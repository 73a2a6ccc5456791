import { defineOwnOperation } from '../../governance/index.ts';

/** Records a public figure, or changes what is recorded. */
export const putCelebrity = defineOwnOperation('PutCelebrity', ['celebrityDesk'], async (request, { celebrityDesk }) =>
  celebrityDesk.put(request),
);
