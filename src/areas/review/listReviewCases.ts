import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the open cases that the caller may judge. */
export const listReviewCases = defineOwnOperation('ListReviewCases', ['reviewDesk'], (request, { reviewDesk }) =>
  reviewDesk.list(request),
);
