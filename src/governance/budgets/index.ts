export { createForwardClock } from './forward-clock.ts';
export { createProbeWatch, type ProbeFlag, type ProbeWatch, type SeenProbe } from './probe-watch.ts';
export { lastAuditedMs, recallSearches } from './recall-searches.ts';
export { createSearchBudgets, type SearchBudgets } from './search-budgets.ts';
