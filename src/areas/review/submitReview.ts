import { defineOwnOperation } from '../../governance/index.ts';

/** Takes a reviewer's verdicts; the answer is the same for the first and the second reviewer. */
export const submitReview = defineOwnOperation('SubmitReview', ['reviewDesk'], async (request, { reviewDesk }) => {
  await reviewDesk.submit(request);
  return { caseId: request.caseId, recorded: true };
});
