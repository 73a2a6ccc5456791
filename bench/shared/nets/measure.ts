import { startChild } from '../child.ts';
import type { Progress } from '../progress.ts';
import { percentile, type Summary, summarise } from '../stats.ts';
import type { NetAnswer, NetCase, NetQuestion, NetsTogether } from './net-case.ts';

/** One net on both sides; milliseconds of a run. */
export interface NetRow {
  readonly label: string;
  readonly ours: Summary;
  readonly theirs: Summary;
  /** Our time over theirs: the median of the rounds' own ratios. */
  readonly ratio: number;
}

/** Several nets' medians added up, milliseconds. */
export interface TogetherRow {
  readonly label: string;
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
}

/** All nets beside tfjs-wasm. */
export interface NetFigures {
  readonly runtimes: { readonly ours: string; readonly theirs: string };
  readonly nets: readonly NetRow[];
  readonly together: readonly TogetherRow[];
}

/** Runs of a round, a side and a net; medians of few runs, and many rounds, so that both sides meet the same noise. */
const RUNS = 3;

/** Steps that {@link measureNets} reports. */
export function netSteps(rounds: number, cases: readonly NetCase[]): number {
  return rounds * cases.length;
}

/**
 * Runs every net on both sides in turns, each side in a process of its own; who begins changes with every round.
 *
 * @throws {Error} when a side can't open or run a net
 */
export async function measureNets(
  modelsDir: string,
  { cases, together }: { readonly cases: readonly NetCase[]; readonly together: readonly NetsTogether[] },
  rounds: number,
  progress: Progress,
): Promise<NetFigures> {
  const ours = startChild<NetQuestion, NetAnswer>(new URL('./ours-child.js', import.meta.url));
  const theirs = startChild<NetQuestion, NetAnswer>(new URL('./tfjs-child.js', import.meta.url));
  const models = [...new Set(cases.map(({ model }) => model))];
  try {
    const runtimes = {
      ours: (await ours.ask({ kind: 'open', modelsDir, models })).runtime,
      theirs: (await theirs.ask({ kind: 'open', modelsDir, models })).runtime,
    };
    const times = new Map(cases.map((each) => [each, { ours: [] as number[][], theirs: [] as number[][] }]));
    for (const [each] of times) {
      for (const side of [ours, theirs]) await side.ask({ kind: 'run', case: each, times: 2 });
    }
    for (let round = 0; round < rounds; round++) {
      for (const [each, taken] of times) {
        const turns = [
          { side: ours, into: taken.ours },
          { side: theirs, into: taken.theirs },
        ];
        if (round % 2 === 1) turns.reverse();
        for (const { side, into } of turns) {
          into.push([...(await side.ask({ kind: 'run', case: each, times: RUNS })).ms]);
        }
        progress.step(`net ${each.label}`);
      }
    }
    const nets = [...times].map(([{ label }, taken]): NetRow => {
      const ratios = taken.ours.map((ms, i) => percentile(ms, 0.5) / percentile(taken.theirs[i] ?? [], 0.5));
      return {
        label,
        ours: summarise(taken.ours.flat()),
        theirs: summarise(taken.theirs.flat()),
        ratio: percentile(ratios, 0.5),
      };
    });
    return { runtimes, nets, together: together.map(({ label, calls }) => addUp(label, calls, nets)) };
  } finally {
    ours.close();
    theirs.close();
  }
}

function addUp(
  label: string,
  calls: readonly { readonly label: string; readonly times: number }[],
  nets: readonly NetRow[],
): TogetherRow {
  const sum = (side: 'ours' | 'theirs') =>
    calls.reduce((total, call) => {
      const row = nets.find((net) => net.label === call.label);
      return total + call.times * (row?.[side].p50 ?? Number.NaN);
    }, 0);
  const [ours, theirs] = [sum('ours'), sum('theirs')];
  return { label, ours, theirs, ratio: ours / theirs };
}
