import { defineOwnOperation } from '../../governance/index.ts';

/** Shows a case to a reviewer who has not judged it. */
export const getReviewCase = defineOwnOperation('GetReviewCase', ['reviewDesk'], ({ caseId }, { reviewDesk }) =>
  reviewDesk.show(caseId),
);
