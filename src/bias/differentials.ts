import type { Floors } from './figures.ts';
import { type ErrorKind, type Interval, intervalOf, type RateEstimate } from './rate.ts';

/** Two ends of a ratio's interval; an upper end of null has no limit. */
export interface RatioInterval {
  readonly lower: number;
  readonly upper: number | null;
}

/** One group's rate over that of all other groups together. */
export interface GroupRatio {
  readonly group: string;
  /** Absent where one of the two rates is not printed. */
  readonly ratio?: number;
  /** At the report's confidence, taken by itself. */
  readonly interval: RatioInterval;
  /** At the confidence that allows for how many ratios are looked at. */
  readonly adjustedInterval: RatioInterval;
  /** Whether the adjusted interval leaves 1 out, and on which side. */
  readonly verdict: 'higher' | 'lower' | 'not shown';
}

/** The differentials of one kind of error. */
export interface Differentials {
  readonly kind: ErrorKind;
  readonly groups: readonly GroupRatio[];
  /** Groups that have too few people for any statement. */
  readonly leftOut: readonly string[];
  /** The highest rate over the lowest; absent with fewer than two groups. */
  readonly worst?: {
    readonly highest?: string;
    readonly lowest?: string;
    readonly ratio?: number;
    /** Holds for all groups at once, so that choosing the extremes does not flatter or frighten. */
    readonly interval: RatioInterval;
  };
  /** The highest rate over the geometric mean of all; only where every rate is printed. */
  readonly highestOverGeometricMean?: number;
}

/** A group's estimate and that of all others together. */
export interface GroupEstimates {
  readonly group: string;
  readonly own: RateEstimate;
  readonly others: RateEstimate;
}

/** How many ratios are looked at: with two groups one is the other turned over. */
export function ratiosLookedAt(groups: readonly GroupEstimates[], floors: Floors): number {
  const able = groups.filter((group) => isAble(group, floors)).length;
  return able === 2 ? 1 : able;
}

/**
 * Compares groups.
 *
 * A ratio's interval joins the two rates' on the scale of logarithms; where a rate is not printed, each rate's own
 * interval is taken at half the error and their far ends are divided.
 *
 * @param looks how many ratios the whole report looks at, for Bonferroni's adjustment
 * @source G. Y. Zou, A. Donner, "Construction of confidence limits about effect measures: a general approach",
 * Statistics in Medicine 27 (2008); the measures: ISO/IEC 19795-10, and P. Grother, NISTIR 8429 (2022)
 */
export function differentialsOf(
  kind: ErrorKind,
  all: readonly GroupEstimates[],
  options: { readonly confidence: number; readonly looks: number; readonly floors: Floors },
): Differentials {
  const { confidence, floors } = options;
  const able = all.filter((group) => isAble(group, floors));
  const leftOut = all.filter((group) => !able.includes(group)).map(({ group }) => group);
  const adjusted = 1 - (1 - confidence) / Math.max(1, options.looks);
  const groups = able.map(({ group, own, others }): GroupRatio => {
    const adjustedInterval = ratioInterval(own, others, adjusted);
    const { lower, upper } = adjustedInterval;
    return {
      group,
      ...(isPrinted(own) && isPrinted(others) && { ratio: own.rate / others.rate }),
      interval: ratioInterval(own, others, confidence),
      adjustedInterval,
      verdict: lower > 1 ? 'higher' : upper !== null && upper < 1 ? 'lower' : 'not shown',
    };
  });
  if (able.length < 2) return { kind, groups: [], leftOut: all.map(({ group }) => group) };
  const printed = able.every(({ own }) => isPrinted(own));
  const highest = extreme(able, (a, b) => a > b);
  return {
    kind,
    groups,
    leftOut,
    worst: worstOf(able, confidence),
    ...(printed && { highestOverGeometricMean: highest.own.rate / geometricMean(able) }),
  };
}

function isAble({ own, others }: GroupEstimates, { minPeople }: Floors): boolean {
  return [own, others].every(({ comparisons, people }) => comparisons > 0 && people >= minPeople);
}

function isPrinted({ rate, sampleFloor }: RateEstimate): boolean {
  return rate >= sampleFloor;
}

function worstOf(groups: readonly GroupEstimates[], confidence: number): NonNullable<Differentials['worst']> {
  // All intervals hold together, so the true extremes lie between the extremes of their ends.
  const each = 1 - (1 - confidence) / groups.length;
  const intervals = groups.map(({ own }) => intervalOf(own, each));
  const most = (ends: number[]) => Math.max(...ends);
  const least = (ends: number[]) => Math.min(...ends);
  const lowers = intervals.map(({ lower }) => lower);
  const uppers = intervals.map(({ upper }) => upper);
  const interval = {
    lower: Math.max(1, most(lowers) / least(uppers)),
    upper: quotient(most(uppers), least(lowers)),
  };
  const highest = extreme(groups, (a, b) => a > b);
  const lowest = extreme(groups, (a, b) => a < b);
  if (!groups.every(({ own }) => isPrinted(own))) return { interval };
  return { highest: highest.group, lowest: lowest.group, ratio: highest.own.rate / lowest.own.rate, interval };
}

function extreme(groups: readonly GroupEstimates[], isMore: (a: number, b: number) => boolean): GroupEstimates {
  return groups.reduce((best, group) => (isMore(group.own.rate, best.own.rate) ? group : best));
}

function geometricMean(groups: readonly GroupEstimates[]): number {
  return Math.exp(groups.reduce((sum, { own }) => sum + Math.log(own.rate), 0) / groups.length);
}

function ratioInterval(own: RateEstimate, others: RateEstimate, confidence: number): RatioInterval {
  if (!isPrinted(own) || !isPrinted(others)) {
    const each = 1 - (1 - confidence) / 2;
    return divided(intervalOf(own, each), intervalOf(others, each));
  }
  const a = intervalOf(own, confidence);
  const b = intervalOf(others, confidence);
  const ratio = own.rate / others.rate;
  const span = (x: number, y: number) => Math.exp(Math.hypot(Math.log(x), Math.log(y)));
  return {
    lower: a.lower === 0 ? 0 : ratio / span(own.rate / a.lower, b.upper / others.rate),
    upper: b.lower === 0 ? null : ratio * span(a.upper / own.rate, others.rate / b.lower),
  };
}

function divided(a: Interval, b: Interval): RatioInterval {
  return { lower: a.lower / b.upper, upper: quotient(a.upper, b.lower) };
}

function quotient(a: number, b: number): number | null {
  return b === 0 ? null : a / b;
}
