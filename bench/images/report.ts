import type { Machine } from '../shared/machine.ts';
import type { NetFigures } from '../shared/nets/measure.ts';
import { table } from '../shared/table.ts';
import type { OperationFigures } from './measure-operations.ts';
import type { TextFigures } from './text.ts';

/** All that one run measured; also the shape of the JSON file. */
export interface ImageBench {
  readonly machine: Machine;
  readonly operations?: OperationFigures;
  readonly nets?: NetFigures;
  readonly text?: TextFigures;
}

/** A target of issue 4 and what was reached. */
export interface Target {
  readonly text: string;
  readonly reached: number;
  readonly wanted: string;
  readonly met: boolean;
}

/** Holds the figures against the targets. */
export function judge({ nets, text }: Pick<ImageBench, 'nets' | 'text'>): Target[] {
  return [
    ...(nets?.nets ?? []).map(({ label, ratio }) => atLeast(`${label}: times as fast as tfjs-wasm`, 1 / ratio, 3)),
    ...(text
      ? [
          atLeast(
            'text: times as fast as tesseract.js',
            leastOf(text.theirs, ({ ms: { p50 } }) => p50 / text.ours.ms.p50),
            1,
          ),
          atLeast(
            'text: words read right over those of tesseract.js',
            leastOf(text.theirs, ({ right }) => text.ours.right / right),
            2,
          ),
        ]
      : []),
  ];
}

/** Against whichever of its ways does better. */
function leastOf(sides: TextFigures['theirs'], ratio: (side: TextFigures['ours']) => number): number {
  return Math.min(...sides.map(ratio));
}

function atLeast(text: string, reached: number, limit: number): Target {
  return { text, reached, wanted: `>= ${limit.toFixed(1)}`, met: reached >= limit };
}

/** The report as people read it. */
export function describeBench({ machine, operations, nets, text }: ImageBench, targets: readonly Target[]): string {
  const disturbed = machine.load > machine.cores ? 'disturbed' : 'hardly disturbed';
  const sections = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, sharp ${machine.sharp}\nload ${machine.load.toFixed(1)} at the start: other work ${disturbed} this run; its ratios are what counts`,
    ...(operations ? [describeOperations(operations)] : []),
    ...(nets
      ? [
          `Nets, ms a run\nours: ${nets.runtimes.ours}; theirs: ${nets.runtimes.theirs}`,
          table(
            ['net', 'ours p50', 'p95', 'tfjs-wasm p50', 'p95', 'times as fast'],
            nets.nets.map(({ label, ours, theirs, ratio }) => [
              label,
              ms(ours.p50),
              ms(ours.p95),
              ms(theirs.p50),
              ms(theirs.p95),
              (1 / ratio).toFixed(1),
            ]),
          ),
        ]
      : []),
    ...(text
      ? [
          `Text, ${text.pictures} rendered signs turned by up to 40 degrees, ${text.words} words (${text.straightWords} of them lie straight)\nours: ${text.ours.runtime}; theirs: ${text.theirs[0]?.runtime}`,
          table(
            ['reader', 'ms p50', 'p95', 'words right', 'straight ones'],
            [text.ours, ...text.theirs].map((side) => [
              side.name,
              ms(side.ms.p50),
              ms(side.ms.p95),
              side.right,
              side.rightStraight,
            ]),
          ),
        ]
      : []),
    targets
      .map(
        ({ text: what, reached, wanted, met }) =>
          `${met ? 'met    ' : 'NOT MET'} ${what}: ${reached.toFixed(2)} (${wanted})`,
      )
      .join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

function describeOperations({ workers, photos, rows, peakBytes }: OperationFigures): string {
  const clients = rows[0]?.imagesPerSecond.map(({ clients: count }) => count) ?? [];
  return [
    `Operations through a started server of ${workers} workers, ${photos} photos${peakBytes === undefined ? '' : `; server and workers held ${(peakBytes / 1e6).toFixed(0)} MB at most`}`,
    table(
      ['operation', 'ms p50', 'p95', ...clients.map((count) => `images/s, ${count}`)],
      rows.map(({ operation, ms: { p50, p95 }, imagesPerSecond }) => [
        operation,
        ms(p50),
        ms(p95),
        ...imagesPerSecond.map(({ rate }) => rate.toFixed(1)),
      ]),
    ),
  ].join('\n');
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}
