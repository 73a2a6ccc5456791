import { defineOwnOperation } from '../../governance/index.ts';

/** Tells how each reviewer judges. */
export const getReviewStats = defineOwnOperation('GetReviewStats', ['reviewDesk'], (_request, { reviewDesk }) =>
  reviewDesk.stats(),
);
