import { betaQuantile, studentQuantile } from './quantiles.ts';
import { seededRandom } from './random.ts';

/**
 * What counts as an error: a score of two people at or above the threshold, a score of one person below it, or an image
 * of one person without a usable face (its score is 0, that of others 1, the threshold between).
 */
export type ErrorKind = 'false-match' | 'false-non-match' | 'failure-to-enrol';

/** The comparisons that a rate is taken over. */
export interface RateSample {
  /** Scores, higher is more alike; one a comparison. */
  readonly scores: Float64Array;
  /** Who is on either side, as whole numbers from 0; the same number twice in a comparison of one person. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly kind: ErrorKind;
}

/** How a rate is estimated. */
export interface RateOptions {
  readonly threshold: number;
  /** How often identities are drawn anew. */
  readonly replicates: number;
  readonly seed: number;
}

/** Two ends of an interval, 0..1. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** A rate with what is needed for an interval of any confidence. */
export interface RateEstimate {
  readonly kind: ErrorKind;
  readonly comparisons: number;
  readonly errors: number;
  readonly people: number;
  /** errors / comparisons; 0 where there is no comparison. */
  readonly rate: number;
  /** How many comparisons weigh as much as one independent one; 1 and above. */
  readonly designEffect: number;
  /** comparisons / designEffect. */
  readonly effectiveComparisons: number;
  /** 3 / effectiveComparisons: what no errors would bound the rate at. A smaller rate is not printed. */
  readonly sampleFloor: number;
}

/** Who takes part, numbered from 0 without gaps. */
interface Members {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly people: number;
  /** Each comparison takes one person, not two. */
  readonly ofOne: boolean;
}

/** Comparisons that are errors by thresholds from the real one to ever milder ones. */
interface Levels {
  readonly counts: readonly number[];
  /** For each comparison the strictest level at which it is an error; `counts.length` for none. */
  readonly levelOf: Uint8Array;
}

/** With fewer errors the design effect at the threshold itself is mostly noise, and milder thresholds are asked too. */
const enoughErrors = 30;
const mildCounts = [30, 100] as const;

/**
 * Estimates a rate and how much its comparisons depend on each other through the people they share.
 *
 * Identities are drawn with replacement; a comparison of one person counts as often as the person was drawn, one of two
 * people as often as the product of both. The second draws each comparison three times as widely as it should (Owen,
 * "The pigeonhole bootstrap", 2007); that excess is known exactly and is taken off the variance. What is left, over the
 * variance of independent comparisons, is the design effect.
 *
 * Few errors say little about their dependence. Below 30 errors the same is done at milder thresholds with 30 and 100
 * errors, and the largest effect counts; where there are none to be had, the worst possible one.
 */
export function estimateRate(sample: RateSample, options: RateOptions): RateEstimate {
  const comparisons = sample.scores.length;
  const members = membersOf(sample);
  const levels = levelsOf(sample, options.threshold);
  const errors = levels.counts[0] ?? 0;
  const worst = Math.max(1, comparisons / independentComparisons(members));
  const effects = comparisons === 0 ? [] : designEffects(members, levels, options);
  const known = effects.filter((effect): effect is number => effect !== undefined);
  const designEffect = known.length === 0 ? worst : Math.min(worst, Math.max(1, ...known));
  const effectiveComparisons = comparisons / designEffect;
  return {
    kind: sample.kind,
    comparisons,
    errors,
    people: members.people,
    rate: comparisons === 0 ? 0 : errors / comparisons,
    designEffect,
    effectiveComparisons,
    sampleFloor: effectiveComparisons === 0 ? 1 : Math.min(1, 3 / effectiveComparisons),
  };
}

/**
 * The interval of Korn and Graubard: Clopper and Pearson's exact one, on the number of independent comparisons that
 * weigh as much as these, widened by Student's t for few people. It covers at least as often as it claims.
 *
 * @param confidence such as 0.95
 * @source E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected number of positive
 * counts estimated from survey data", Survey Methodology 24 (1998); the interval of the US health statistics
 */
export function intervalOf(estimate: RateEstimate, confidence: number): Interval {
  const { comparisons, people, rate } = estimate;
  if (comparisons < 2 || people < 2) return { lower: 0, upper: 1 };
  const tail = (1 - confidence) / 2;
  const few = studentQuantile(1 - tail, comparisons - 1) / studentQuantile(1 - tail, people - 1);
  const n = Math.min(comparisons, estimate.effectiveComparisons * few * few);
  const errors = rate * n;
  return {
    lower: rate === 0 ? 0 : betaQuantile(tail, errors, n - errors + 1),
    upper: rate === 1 ? 1 : betaQuantile(1 - tail, errors + 1, n - errors),
  };
}

/**
 * The fewest independent comparisons that these can be worth, whatever the people have in common: as many as there are
 * people (weighed by how often they occur), or half as many where each comparison takes two. No two comparisons that
 * share one of two people can be correlated by more than a half.
 */
function independentComparisons({ first, second, people, ofOne }: Members): number {
  const times = new Float64Array(people);
  for (const side of ofOne ? [first] : [first, second]) {
    for (const person of side) times[person] = (times[person] ?? 0) + 1;
  }
  const sum = times.reduce((total, count) => total + count, 0);
  const squares = times.reduce((total, count) => total + count * count, 0);
  if (squares === 0) return 1;
  return (sum * sum) / squares / (ofOne ? 1 : 2);
}

function membersOf({ first, second, kind }: RateSample): Members {
  const highest = first.reduce((most, person, i) => Math.max(most, person, second[i] ?? 0), -1);
  const numbers = new Int32Array(highest + 1).fill(-1);
  let people = 0;
  const numbered = (person: number): number => {
    const known = numbers[person] ?? -1;
    if (known !== -1) return known;
    numbers[person] = people;
    return people++;
  };
  return { first: first.map(numbered), second: second.map(numbered), people, ofOne: kind !== 'false-match' };
}

function levelsOf({ scores, kind }: RateSample, threshold: number): Levels {
  // Negated, a false non-match too lies at or above its threshold: errors are always the high end.
  const sign = kind === 'false-match' ? 1 : -1;
  const isError = kind === 'false-match' ? (s: number) => s >= threshold : (s: number) => s < threshold;
  const errors = scores.reduce((count, score) => count + (isError(score) ? 1 : 0), 0);
  const wanted = errors >= enoughErrors ? [] : mildCounts.filter((count) => count <= scores.length / 2);
  const descending = wanted.length === 0 ? undefined : scores.map((score) => -sign * score).sort();
  const milder = wanted.map((count) => -(descending?.[count - 1] ?? 0));
  const levelOf = new Uint8Array(scores.length);
  const counts = new Array<number>(1 + milder.length).fill(0);
  scores.forEach((score, i) => {
    const mild = milder.findIndex((limit) => sign * score >= limit);
    const level = isError(score) ? 0 : mild === -1 ? counts.length : mild + 1;
    levelOf[i] = level;
    for (let j = level; j < counts.length; j++) counts[j] = (counts[j] ?? 0) + 1;
  });
  return { counts, levelOf };
}

/** The design effect at each level; undefined where its errors are too few, or nearly all. */
function designEffects(members: Members, levels: Levels, options: RateOptions): (number | undefined)[] {
  const { counts, levelOf } = levels;
  const depth = counts.length;
  const { first, second, people, ofOne } = members;
  const excess = ofOne ? [] : excessOf(members, levels);
  const random = seededRandom(options.seed);
  const drawn = new Float64Array(people);
  const inLevel = new Float64Array(depth + 1);
  const sums = new Float64Array(depth);
  const squares = new Float64Array(depth);
  let replicates = 0;
  for (let replicate = 0; replicate < options.replicates; replicate++) {
    drawn.fill(0);
    for (let i = 0; i < people; i++) {
      const person = Math.floor(random() * people);
      drawn[person] = (drawn[person] ?? 0) + 1;
    }
    inLevel.fill(0);
    for (let i = 0; i < levelOf.length; i++) {
      const once = drawn[first[i] ?? 0] ?? 0;
      // Most are drawn not at all or once; most comparisons are no error.
      if (once === 0) continue;
      const weight = ofOne ? once : once * (drawn[second[i] ?? 0] ?? 0);
      const level = levelOf[i] ?? depth;
      inLevel[level] = (inLevel[level] ?? 0) + weight;
    }
    const total = inLevel.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) continue;
    replicates++;
    let above = 0;
    for (let level = 0; level < depth; level++) {
      above += inLevel[level] ?? 0;
      sums[level] = (sums[level] ?? 0) + above / total;
      squares[level] = (squares[level] ?? 0) + (above / total) ** 2;
    }
  }
  return counts.map((count, level) => {
    const n = levelOf.length;
    const rate = count / n;
    if (replicates < 2 || count < 5 || n - count < 5) return undefined;
    const mean = (sums[level] ?? 0) / replicates;
    const variance = ((squares[level] ?? 0) / replicates - mean * mean) * (replicates / (replicates - 1));
    const independent = (rate * (1 - rate)) / n;
    return ((variance / independent - (excess[level] ?? 0)) * people) / (people - 1);
  });
}

/** Twice the sum of squares over pairs of people of their residuals, in units of the independent variance: 2 where no two people meet twice. */
function excessOf({ first, second, people }: Members, { counts, levelOf }: Levels) {
  const n = levelOf.length;
  const order = new Float64Array(n);
  const keyOf = (i: number) => {
    const one = first[i] ?? 0;
    const other = second[i] ?? 0;
    return Math.min(one, other) * people + Math.max(one, other);
  };
  for (let i = 0; i < n; i++) order[i] = keyOf(i);
  const meetings = order.slice().sort();
  const repeated = new Set<number>();
  for (let i = 1; i < n; i++) if (meetings[i] === meetings[i - 1]) repeated.add(meetings[i] ?? 0);
  return counts.map((count, level) => {
    const rate = count / n;
    const residualOf = (i: number) => ((levelOf[i] ?? counts.length) <= level ? 1 : 0) - rate;
    const together = new Map<number, number>();
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const key = order[i] ?? 0;
      if (repeated.has(key)) together.set(key, (together.get(key) ?? 0) + residualOf(i));
      else squares += residualOf(i) ** 2;
    }
    for (const sum of together.values()) squares += sum * sum;
    return (2 * squares) / (n * rate * (1 - rate));
  });
}
