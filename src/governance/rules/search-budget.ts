import type { PurposeQuestion, Rule } from './rule.ts';
import { tellsMatches } from './telling-matches.ts';

/**
 * Under a purpose with a budget a person searches and compares so often an hour and no more, with however many keys.
 * The last rule, for what another refuses costs nothing; what it allows is counted before it runs.
 */
export const searchBudget: Rule<PurposeQuestion> = {
  name: 'search-budget',
  judge({ call, purpose }, { budgets }) {
    if (purpose.budget === null || !tellsMatches(call.operation)) return undefined;
    const { searchesPerHour } = purpose.budget;
    const againAtMs = budgets.take(call.caller.person, purpose.name, searchesPerHour);
    if (againAtMs === undefined) return undefined;
    return {
      // AWS has no word for an hourly limit on searches; this is what it documents for them, and what clients know.
      code: 'ProvisionedThroughputExceededException',
      message:
        `Under the purpose ${purpose.name} a person may search ${searchesPerHour} times an hour, with all their keys ` +
        `together. Come again after ${new Date(againAtMs).toISOString()}. ` +
        'Rule: search-budget; read docs/accountability.md#budgets.',
    };
  },
};
