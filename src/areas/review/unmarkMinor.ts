import { defineOwnOperation } from '../../governance/index.ts';

/** Takes back the mark of a minor. */
export const unmarkMinor = defineOwnOperation('UnmarkMinor', ['minors'], async (request, { minors }) => {
  await minors.unmark(request);
  return { subject: request.subject };
});
