import { type BiasMeasurement, defaultProtocol, measureBias } from '../../src/bias/index.ts';
import { seededRandom } from '../../src/bias/random.ts';
import { type SyntheticGroup, syntheticPairs, syntheticThreshold } from './scored-pairs.ts';

/** Measures pairs as the report does, with fewer replicates to spare time. */
export function measureSynthetic(
  groups: readonly SyntheticGroup[],
  options: { readonly seed: number; readonly replicates?: number; readonly confidence?: number },
): BiasMeasurement {
  return measureBias(syntheticPairs(groups, seededRandom(options.seed)), {
    ...defaultProtocol,
    replicates: options.replicates ?? 100,
    confidence: options.confidence ?? defaultProtocol.confidence,
    threshold: syntheticThreshold,
    scale: { low: 0, high: 150 },
  });
}

/** How often something held. */
export interface Held {
  readonly times: number;
  readonly of: number;
}

/** The share of experiments in which statements about a known truth were right. */
export interface Coverage {
  /** Intervals, and bounds of rates that are not printed. */
  readonly falseMatch: Held;
  readonly falseNonMatch: Held;
  /** Of a group's ratio to the others, taken by itself. */
  readonly ratio: Held;
  /** Of the highest rate over the lowest. */
  readonly worst: Held;
  /** Experiments in which the report calls no differential shown that is none, or shows one the wrong way. */
  readonly noFalseAlarm: Held;
  /** Intervals that take comparisons for independent, as a check that the experiment can tell. */
  readonly independent: Held;
}

/** Repeats an experiment with known truth on fresh people. */
export function coverageOf(groups: readonly SyntheticGroup[], experiments: number, firstSeed = 1): Coverage {
  const tally = () => ({ times: 0, of: 0 });
  const held = {
    falseMatch: tally(),
    falseNonMatch: tally(),
    ratio: tally(),
    worst: tally(),
    noFalseAlarm: tally(),
    independent: tally(),
  };
  const note = (what: keyof typeof held, holds: boolean) => {
    held[what].of += 1;
    held[what].times += holds ? 1 : 0;
  };
  const within = (truth: number, { lower, upper }: { lower: number; upper: number | null }) =>
    lower <= truth && (upper === null || truth <= upper);
  for (let i = 0; i < experiments; i++) {
    const measured = measureSynthetic(groups, { seed: firstSeed + i });
    for (const group of groups) {
      const figures = measured.groups.find((each) => each.group === group.name);
      for (const kind of ['falseMatch', 'falseNonMatch'] as const) {
        const figure = kind === 'falseMatch' ? figures?.falseMatchWithin : figures?.falseNonMatch;
        const truth = group[`${kind}Rate`];
        if (figure === undefined || figure.status === 'refused') continue;
        note(kind, figure.status === 'measured' ? within(truth, figure.interval) : truth <= figure.below);
        if (figure.status !== 'measured') continue;
        const spread = 1.96 * Math.sqrt((figure.rate * (1 - figure.rate)) / figure.comparisons);
        note('independent', Math.abs(figure.rate - truth) <= spread);
      }
    }
    let alarm = false;
    for (const { kind, groups: ratios, worst } of measured.differentials) {
      if (kind === 'failure-to-enrol') continue;
      const rates = groups.map((group) => (kind === 'false-match' ? group.falseMatchRate : group.falseNonMatchRate));
      if (worst) note('worst', within(Math.max(...rates) / Math.min(...rates), worst.interval));
      for (const { group, interval, verdict } of ratios) {
        const truth = trueRatio(groups, group, kind);
        note('ratio', within(truth, interval));
        if (verdict !== 'not shown' && (truth === 1 || truth > 1 !== (verdict === 'higher'))) alarm = true;
      }
    }
    note('noFalseAlarm', !alarm);
  }
  return held;
}

/** Others weigh by their comparisons, which are in proportion to their people here. */
function trueRatio(groups: readonly SyntheticGroup[], name: string, kind: 'false-match' | 'false-non-match'): number {
  const rateOf = (group: SyntheticGroup) => (kind === 'false-match' ? group.falseMatchRate : group.falseNonMatchRate);
  const own = groups.filter((group) => group.name === name);
  const others = groups.filter((group) => group.name !== name);
  const mean = (some: readonly SyntheticGroup[]) => {
    const weights = some.map(
      (group) => group.people * ((kind === 'false-match' ? group.impostorPairs : group.genuinePairs) ?? 1),
    );
    return (
      some.reduce((sum, group, i) => sum + rateOf(group) * (weights[i] ?? 0), 0) /
      weights.reduce((sum, weight) => sum + weight, 0)
    );
  };
  return Math.round((mean(own) / mean(others)) * 1e9) / 1e9;
}
