import { defineOwnOperation } from '../../governance/index.ts';

/** Records that a subject took its objection back. */
export const liftObjection = defineOwnOperation('LiftObjection', ['consents'], async (request, { consents }) =>
  consents.liftObjection(request),
);
