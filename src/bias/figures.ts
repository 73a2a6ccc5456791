import { type ErrorKind, type Interval, intervalOf, type RateEstimate } from './rate.ts';

/** What a sample must bear before a rate of it is printed, and what it is hoped to show. */
export interface Floors {
  /** Fewer people get no rate: drawing them anew says too little about other people. */
  readonly minPeople: number;
  /** The rates that a sample should be able to show; the report says how much more it needs for them. */
  readonly aims: Readonly<Record<ErrorKind, number>>;
}

/** How much a sample lacks. */
export interface Needed {
  /** The rate that so many comparisons would allow to print. */
  readonly forRate?: number;
  readonly comparisons?: number;
  readonly moreComparisons?: number;
  readonly people: number;
  readonly morePeople: number;
}

/** A rate as it is printed, or why it is not. */
export type RateFigure = {
  readonly comparisons: number;
  readonly people: number;
  /** All of it in a sentence. */
  readonly sentence: string;
} & (
  | {
      readonly status: 'measured';
      readonly errors: number;
      readonly rate: number;
      readonly interval: Interval;
      readonly designEffect: number;
      readonly sampleFloor: number;
    }
  | {
      /** Too few errors for a rate: only what it lies below is known. */
      readonly status: 'bounded';
      readonly errors: number;
      readonly below: number;
      readonly designEffect: number;
      readonly sampleFloor: number;
      readonly needed: Needed;
    }
  | { readonly status: 'refused'; readonly needed: Needed }
);

const words: Readonly<Record<ErrorKind, { one: string; many: string; unit: string; unitOne: string }>> = {
  'false-match': { one: 'false match', many: 'false matches', unit: 'comparisons', unitOne: 'comparison' },
  'false-non-match': { one: 'false non-match', many: 'false non-matches', unit: 'comparisons', unitOne: 'comparison' },
  'failure-to-enrol': { one: 'failure to enrol', many: 'failures to enrol', unit: 'samples', unitOne: 'sample' },
};

/** Turns an estimate into what may be printed of it. */
export function figureOf(estimate: RateEstimate, confidence: number, floors: Floors): RateFigure {
  const { kind, comparisons, people, errors, rate, designEffect, sampleFloor } = estimate;
  const { one, many, unit, unitOne } = words[kind];
  const counts = { comparisons, people };
  const sample = `${counted(comparisons, unitOne, unit)} of ${counted(people, 'person', 'people')}`;
  if (comparisons === 0 || people < floors.minPeople) {
    const needed = { people: floors.minPeople, morePeople: Math.max(0, floors.minPeople - people) };
    const sentence =
      comparisons === 0
        ? `No rate: the sample holds no ${unitOne} of this kind. It takes ${unit} of at least ${floors.minPeople} people.`
        : `No rate: ${sample} say too little about other people. At least ${floors.minPeople} people are needed, ${needed.morePeople} more.`;
    return { ...counts, status: 'refused', needed, sentence };
  }
  const { lower, upper } = intervalOf(estimate, confidence);
  const percent = percentOf(confidence);
  const common = { ...counts, errors, designEffect, sampleFloor };
  if (rate >= sampleFloor) {
    const sentence = `${percentOf(rate)}, ${percent} interval ${percentOf(lower)} to ${percentOf(upper)}: ${counted(errors, one, many)} in ${sample}.`;
    return { ...common, status: 'measured', rate, interval: { lower, upper }, sentence };
  }
  const needed = neededFor(estimate, floors.aims[kind]);
  const roundRobin = Math.ceil((1 + Math.sqrt(1 + 8 * needed.comparisons)) / 2);
  const hint =
    kind === 'false-match' && roundRobin < needed.people
      ? `, or ${count(roundRobin)} people who are each compared with each, which are worth less where they err together`
      : '';
  const bound = `Below ${percentOf(upper)} (${percent}); no rate: ${counted(errors, one, many)} in ${sample}, and a rate under ${percentOf(sampleFloor)} cannot be told from chance.`;
  const sentence = `${bound} To print a rate of ${percentOf(needed.forRate)} takes about ${count(needed.comparisons)} ${unit} (${count(needed.moreComparisons)} more): ${count(needed.people)} people at this sample's density (${count(needed.morePeople)} more)${hint}.`;
  return { ...common, status: 'bounded', below: upper, needed, sentence };
}

function neededFor(estimate: RateEstimate, aim: number): Required<Needed> {
  const { comparisons, people, errors, rate, designEffect, sampleFloor } = estimate;
  // A sample that could already show the aimed rate has a lower one: half of what it can show is the next step.
  const forRate = errors > 0 ? rate : aim < sampleFloor ? aim : sampleFloor / 2;
  const total = Math.max(comparisons + 1, Math.ceil((3 * designEffect) / forRate));
  const allPeople = Math.max(people, Math.ceil((people * total) / comparisons));
  return {
    forRate,
    comparisons: total,
    moreComparisons: total - comparisons,
    people: allPeople,
    morePeople: allPeople - people,
  };
}

/** A whole number with thin separators: `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en-GB');
}

/** `1 comparison`, `12,345 comparisons`. */
export function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share of 1 as a percentage with two figures that count: `12 %`, `0.034 %`. */
export function percentOf(share: number): string {
  const percent = 100 * share;
  if (percent === 0) return '0 %';
  if (percent >= 99.95 && percent < 100) return '> 99.9 %';
  const digits = Math.max(0, 1 - Math.floor(Math.log10(percent)));
  const text = digits > 6 ? percent.toExponential(1) : percent.toFixed(percent >= 10 ? 1 : digits);
  return `${percent >= 10 ? text.replace(/\.0$/, '') : text} %`;
}

/** Beyond a thousandfold, either way, a ratio only says that the sample does not tell. */
export const farRatio = 1000;

/** A ratio with two figures that count: `1.3`, `12`. */
export function ratioText(ratio: number | null): string {
  if (ratio === null) return 'without limit';
  if (ratio > farRatio) return `over ${count(farRatio)}`;
  if (ratio < 1 / farRatio) return ratio === 0 ? '0' : `under ${1 / farRatio}`;
  return ratio >= 10 ? count(Math.round(ratio)) : ratio >= 0.1 ? ratio.toFixed(2) : ratio.toPrecision(2);
}
