import { defineOwnOperation } from '../../governance/index.ts';

/** Tells the requester of a withheld search what came of it. */
export const getReviewOutcome = defineOwnOperation('GetReviewOutcome', ['reviewDesk'], ({ caseId }, { reviewDesk }) =>
  reviewDesk.outcome(caseId),
);
