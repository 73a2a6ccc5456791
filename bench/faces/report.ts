import type { Machine } from '../shared/machine.ts';
import type { NetFigures } from '../shared/nets/measure.ts';
import { table } from '../shared/table.ts';
import { type Budget, describeBudgets } from './measure-budget.ts';
import type { ScalingFigures, SetFigures, SideName } from './measure-pipelines.ts';
import type { SearchRow, StepRow } from './measure-steps.ts';

/** All that one run measured; also the shape of the JSON file. */
export interface FaceBench {
  readonly machine: Machine;
  readonly rounds: number;
  readonly nets: NetFigures;
  readonly pipelines: readonly SetFigures[];
  readonly scaling: ScalingFigures;
  readonly steps: readonly StepRow[];
  readonly search: readonly SearchRow[];
  readonly budgets: readonly Budget[];
}

/** A target of issue 2 and what was reached. */
export interface Target {
  readonly text: string;
  readonly reached: number;
  readonly wanted: string;
  readonly met: boolean;
  /** The same from processor time, where it was counted: what an undisturbed run would reach. */
  readonly byCpu?: number;
}

/** Holds the figures against the targets. */
export function judge({ nets, pipelines }: Pick<FaceBench, 'nets' | 'pipelines'>): Target[] {
  return [
    ...nets.nets.map(({ label, ratio }) => atMost(`${label}: time over tfjs-wasm`, ratio, 2 / 3)),
    ...nets.together.map(({ label, ratio }) => atMost(`nets together, ${label}: time over tfjs-wasm`, ratio, 1 / 3)),
    ...pipelines.flatMap((figures) => [speedUp(figures, 'fast', 3), speedUp(figures, 'accurate', 1)]),
  ];
}

function speedUp({ set, sides }: SetFigures, profile: 'accurate' | 'fast', limit: number): Target {
  const ratio = (rate: 'facesPerSecond' | 'facesPerCpuSecond') => {
    const of = (name: SideName) => sides.find(({ side }) => side === name)?.[rate] ?? Number.NaN;
    return of(`likeness ${profile}`) / of('face-api');
  };
  const target = atLeast(`${profile} on ${set}: faces/s over face-api's`, ratio('facesPerSecond'), limit);
  return { ...target, byCpu: ratio('facesPerCpuSecond') };
}

function atMost(text: string, reached: number, limit: number): Target {
  return { text, reached, wanted: `<= ${limit.toFixed(2)}`, met: reached <= limit };
}

function atLeast(text: string, reached: number, limit: number): Target {
  return { text, reached, wanted: `>= ${limit.toFixed(2)}`, met: reached >= limit };
}

/** The report as people read it. */
export function describeBench(bench: FaceBench, targets: readonly Target[]): string {
  const { machine, nets, pipelines, scaling, steps, search, budgets } = bench;
  const sections = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, sharp ${machine.sharp}\nload ${machine.load.toFixed(1)}: other work ${machine.load > machine.cores ? 'disturbed' : 'hardly disturbed'} this run; its ratios are what counts`,
    `Nets, ms a run (p50, p95)\nours: ${nets.runtimes.ours}; theirs: ${nets.runtimes.theirs}`,
    table(
      ['net', 'ours', 'p95', 'tfjs-wasm', 'p95', 'ratio'],
      nets.nets.map(({ label, ours, theirs, ratio }) => [
        label,
        ms(ours.p50),
        ms(ours.p95),
        ms(theirs.p50),
        ms(theirs.p95),
        ratio.toFixed(2),
      ]),
    ),
    table(
      ['nets together, ms', 'ours', 'tfjs-wasm', 'ratio'],
      nets.together.map(({ label, ours, theirs, ratio }) => [label, ms(ours), ms(theirs), ratio.toFixed(2)]),
    ),
    'From an image file to embedded faces, one process each',
    ...pipelines.map(({ set, photos, sides }) =>
      table(
        [`${set}, ${photos} photos`, 'faces', 'faces/s', 'per CPU s', 'photos/s', 'ms p50', 'ms p95', 'peak MB'],
        sides.map(({ side, faces, facesPerSecond, facesPerCpuSecond, photosPerSecond, photo, peakBytes }) => [
          side,
          faces,
          facesPerSecond.toFixed(1),
          facesPerCpuSecond.toFixed(1),
          photosPerSecond.toFixed(1),
          ms(photo.p50),
          ms(photo.p95),
          megabytes(peakBytes),
        ]),
      ),
    ),
    `Accurate in ${scaling.workers} workers: ${scaling.facesPerSecondPooled.toFixed(1)} faces/s, ${(scaling.facesPerSecondPooled / scaling.facesPerSecondAlone).toFixed(2)} times one process; ${megabytes(scaling.peakBytesPooled)} MB at the peak in all processes`,
    table(
      ['step, ms (per photo, or of the largest face)', 'p50', 'p95', 'photos of'],
      steps.map(({ set, step, ms: { p50, p95 } }) => [step, ms(p50), ms(p95), set]),
    ),
    table(
      ['search of the 10 most alike, ms', 'p50', 'p95'],
      search.map(({ vectors, ms: { p50, p95 } }) => [`${vectors} faces`, ms(p50), ms(p95)]),
    ),
    describeBudgets(budgets),
    targets
      .map(
        ({ text, reached, wanted, met, byCpu }) =>
          `${met ? 'met    ' : 'NOT MET'} ${text}: ${reached.toFixed(2)} (${wanted})${byCpu === undefined ? '' : `, by processor time ${byCpu.toFixed(2)}`}`,
      )
      .join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
