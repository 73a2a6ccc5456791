import { type Signed, type Signer, signDocument } from '../../shared/signing.ts';
import type { AuditRecord, ChainVerdict } from '../audit/index.ts';
import type { Policy } from '../policy/index.ts';
import { type MeasureName, measures } from './counted.ts';
import { keepTogether, smallestTold, type ToldCount, toldCount, toldSum } from './suppress.ts';

/** Calls without a purpose: those refused before it was known. */
const noPurpose = 'none';

/** What was done with the server, by purpose and month, with nothing in it that points at few people. */
export interface TransparencyReport {
  readonly kind: 'likeness/transparency-report';
  readonly format: 1;
  /** Months, such as `2026-11`, both included; whole ones only, so that two reports never differ by a day. */
  readonly from: string;
  readonly to: string;
  readonly madeAt: string;
  readonly policy: { readonly version: string; readonly digest: string };
  /** Whether the log that was counted is whole. */
  readonly audit: {
    readonly intact: boolean;
    readonly records: number;
    readonly head?: { readonly sequence: number; readonly hash: string };
    readonly detail?: string;
  };
  /** Counts from 1 to one below it are told as `small`. */
  readonly smallestTold: number;
  readonly measures: readonly { readonly name: MeasureName; readonly title: string; readonly explanation: string }[];
  /** One for each measure, purpose and month in which something was counted. */
  readonly cells: readonly {
    readonly measure: MeasureName;
    readonly purpose: string;
    readonly month: string;
    readonly count: ToldCount;
  }[];
  /** Over all purposes, for each measure and month. */
  readonly totals: readonly { readonly measure: MeasureName; readonly month: string; readonly count: ToldCount }[];
  /** Refusals once more, by the rule that refused. */
  readonly refusals: readonly { readonly rule: string; readonly month: string; readonly count: ToldCount }[];
}

/** A month such as `2026-11`. */
export const monthPattern = /^\d{4}-(0[1-9]|1[0-2])$/;

/** Adds records up, one at a time, to a report; holds counts alone. */
export function createTransparencyCount(period: { readonly from: string; readonly to: string }) {
  const counts = new Map<string, Map<string, number>>();
  const byRule = new Map<string, Map<string, number>>();
  const add = (table: Map<string, Map<string, number>>, line: string, part: string, amount: number): void => {
    const parts = table.get(line) ?? new Map<string, number>();
    parts.set(part, (parts.get(part) ?? 0) + amount);
    table.set(line, parts);
  };
  return {
    add(record: AuditRecord): void {
      const month = record.at.slice(0, 7);
      if (month < period.from || month > period.to) return;
      for (const { name, of } of measures) {
        const amount = of(record);
        if (amount > 0) add(counts, lineOf(name, month), record.purpose ?? noPurpose, amount);
      }
      if (record.kind === 'refusal') add(byRule, month, record.rule ?? 'unknown', record.repeats ?? 1);
    },
    report(parts: {
      readonly policy: Policy;
      readonly verdict: ChainVerdict;
      readonly nowMs: number;
    }): TransparencyReport {
      const { policy, verdict } = parts;
      const told = new Map([...counts].map(([line, cells]) => [line, toldOf(cells)]));
      const toldByRule = new Map([...byRule].map(([month, cells]) => [month, toldOf(cells)]));
      for (const [month, rules] of toldByRule) {
        const line = lineOf('refusals', month);
        const [purposes, kept] = keepTogether(told.get(line) ?? new Map<string, ToldCount>(), rules);
        told.set(line, purposes);
        toldByRule.set(month, kept);
      }
      const lines = [...told].map(([line, cells]) => ({ ...partsOf(line), cells }));
      return {
        kind: 'likeness/transparency-report',
        format: 1,
        ...period,
        madeAt: new Date(parts.nowMs).toISOString(),
        policy: { version: policy.version, digest: policy.digest },
        audit: {
          intact: verdict.intact,
          records: verdict.entries,
          ...(verdict.intact ? verdict.head && { head: verdict.head } : { detail: verdict.detail }),
        },
        smallestTold,
        measures: measures.map(({ name, title, explanation }) => ({ name, title, explanation })),
        cells: lines.flatMap(({ measure, month, cells }) =>
          [...cells].sort(byKey).map(([purpose, count]) => ({ measure, purpose, month, count })),
        ),
        totals: lines.map(({ measure, month, cells }) => ({ measure, month, count: toldSum([...cells.values()]) })),
        refusals: [...toldByRule]
          .sort(byKey)
          .flatMap(([month, rules]) => [...rules].sort(byKey).map(([rule, count]) => ({ rule, month, count }))),
      };
    },
  };
}

/** Signs a report. */
export function signTransparencyReport(signer: Signer, report: TransparencyReport): Signed<TransparencyReport> {
  return signDocument(signer, report);
}

function toldOf(cells: ReadonlyMap<string, number>): ReadonlyMap<string, ToldCount> {
  return new Map([...cells].map(([part, count]) => [part, toldCount(count)]));
}

function lineOf(measure: MeasureName, month: string): string {
  return `${month} ${measure}`;
}

function partsOf(line: string): { measure: MeasureName; month: string } {
  const [month = '', measure = ''] = line.split(' ');
  return { measure: measure as MeasureName, month };
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
