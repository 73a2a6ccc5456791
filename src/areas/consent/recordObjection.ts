import { defineOwnOperation } from '../../governance/index.ts';

/** Records a subject's own objection and erases what is held of it before it answers. */
export const recordObjection = defineOwnOperation('RecordObjection', ['consents'], async (request, { consents }) =>
  consents.object(request),
);
