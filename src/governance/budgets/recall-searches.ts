import type { AuditStore } from '../../stores/ports/index.ts';
import { renderAuditRecord } from '../audit/index.ts';
import { tellsMatches } from '../rules/telling-matches.ts';
import type { SearchBudgets } from './search-budgets.ts';

const hourMs = 3_600_000;
const pageSize = 1_000;

/** When the audit was written last, milliseconds since 1970; 0 where it is empty. */
export async function lastAuditedMs(audit: Pick<AuditStore, 'last'>): Promise<number> {
  const last = await audit.last();
  return last === undefined ? 0 : Date.parse(renderAuditRecord(last).at);
}

/**
 * Counts the searches of the last hour again from the audit log, so that a restart gives no fresh budget. The log is
 * written for every search anyway, and cannot be thinned out unseen.
 *
 * @param nowMs by a clock that never goes back
 */
export async function recallSearches(
  audit: Pick<AuditStore, 'last' | 'read'>,
  budgets: SearchBudgets,
  nowMs: number,
): Promise<void> {
  const last = await audit.last();
  const sinceMs = nowMs - hourMs;
  for (let end = last?.sequence ?? 0; end > 0; end -= pageSize) {
    const afterSequence = Math.max(0, end - pageSize);
    const page = await audit.read({ afterSequence, limit: end - afterSequence });
    for (const entry of page) {
      // Most records are none of a search, and parsing is what takes the time.
      const [, named = ''] = /"operation":"(\w+)"/.exec(entry.body) ?? [];
      if (!tellsMatches(named)) continue;
      const { actor, at, kind, operation, purpose } = renderAuditRecord(entry);
      const atMs = Date.parse(at);
      if (kind !== 'decision' || purpose === undefined || !tellsMatches(operation) || atMs <= sinceMs) continue;
      budgets.recall(actor.person, purpose, atMs);
    }
    const [first] = page;
    if (first === undefined || Date.parse(renderAuditRecord(first).at) <= sinceMs) return;
  }
}
