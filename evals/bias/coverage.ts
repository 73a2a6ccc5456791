import { coverageOf } from '../../tests/builders/bias-coverage.ts';
import type { SyntheticGroup } from '../../tests/builders/scored-pairs.ts';
import type { Bars } from '../progress.ts';

const pair = (shape: Omit<SyntheticGroup, 'name'>): SyntheticGroup[] => [
  { name: 'one', ...shape },
  { name: 'two', ...shape },
];

/** Experiments from many errors to few, from people who hardly matter to people who matter most. */
const experiments: Readonly<Record<string, readonly SyntheticGroup[]>> = {
  'many errors': pair({
    people: 100,
    falseMatchRate: 0.05,
    falseNonMatchRate: 0.2,
    genuinePairs: 5,
    impostorPairs: 20,
  }),
  'few errors': pair({
    people: 100,
    falseMatchRate: 0.01,
    falseNonMatchRate: 0.03,
    genuinePairs: 4,
    impostorPairs: 10,
  }),
  'hardly any': pair({
    people: 100,
    falseMatchRate: 0.001,
    falseNonMatchRate: 0.005,
    genuinePairs: 3,
    impostorPairs: 10,
  }),
  'few people': pair({ people: 25, falseMatchRate: 0.05, falseNonMatchRate: 0.2, genuinePairs: 5, impostorPairs: 20 }),
  'people matter little': pair({ people: 100, falseMatchRate: 0.03, falseNonMatchRate: 0.1, ownSpread: 0.2 }),
  'people matter most': pair({ people: 100, falseMatchRate: 0.03, falseNonMatchRate: 0.1, ownSpread: 2 }),
  'each pair of its own': pair({
    people: 400,
    falseMatchRate: 0.03,
    falseNonMatchRate: 0.1,
    genuinePairs: 1,
    impostorPairs: 1,
  }),
  'true ratio of 3': [
    { name: 'one', people: 120, falseMatchRate: 0.06, falseNonMatchRate: 0.15, impostorPairs: 20 },
    { name: 'two', people: 120, falseMatchRate: 0.02, falseNonMatchRate: 0.05, impostorPairs: 20 },
  ],
};

/** Repeats each experiment and tells how often each kind of statement held, in per cent. */
export function coverageTable(times: number, bars: Bars): string {
  const show = bars.start('experiments');
  const names = Object.keys(experiments);
  const lines = Object.entries(experiments).map(([name, groups], i) => {
    const held = coverageOf(groups, times);
    show(i + 1, names.length);
    const cells = (['falseMatch', 'falseNonMatch', 'ratio', 'worst', 'noFalseAlarm', 'independent'] as const).map(
      (what) => {
        const { times: right, of } = held[what];
        return (of === 0 ? '-' : ((100 * right) / of).toFixed(1)).padStart(13);
      },
    );
    return `${name.padEnd(22)}${cells.join('')}`;
  });
  const head = ['FMR', 'FNMR', 'ratio', 'max/min', 'no alarm', 'independent']
    .map((title) => title.padStart(13))
    .join('');
  return [
    `${times} experiments each; per cent of intervals at 95 % that held the truth`,
    `${''.padEnd(22)}${head}`,
    ...lines,
  ].join('\n');
}
