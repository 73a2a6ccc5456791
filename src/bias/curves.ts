import type { ScoredPair } from './scored-pairs.ts';

/** The scores that curves span. */
export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** A histogram: shares of all scores in steps of one width from `low` to `high`. */
export interface Distribution {
  readonly low: number;
  readonly high: number;
  readonly scores: number;
  readonly shares: readonly number[];
  /** Shares of scores beyond either end. */
  readonly below: number;
  readonly above: number;
}

/** A rate over thresholds; null where the sample does not bear a rate. */
export interface Sweep {
  readonly thresholds: readonly number[];
  readonly falseMatch: readonly (number | null)[];
  readonly falseNonMatch: readonly (number | null)[];
}

/** Scores with how many of them weigh as much as one independent one, at the report's threshold. */
export interface WeighedScores {
  readonly scores: Float64Array;
  readonly designEffect: number;
}

const bins = 25;
const steps = 100;

/** The scale of similarities, 0 to 100, where all scores lie on it; else from the lowest to the highest. */
export function scaleOfScores(pairs: readonly ScoredPair[]): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { score } of pairs) {
    if (score === undefined) continue;
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  // Scores from 0 to 1 would all fall into one step of a hundred.
  if (low === high || low > high || (low >= 0 && high <= 100 && high > 2)) return { low: 0, high: 100 };
  return { low, high };
}

/** Counts scores into 25 steps. */
export function distributionOf(scores: Float64Array, { low, high }: Scale): Distribution {
  const counts = new Array<number>(bins).fill(0);
  let below = 0;
  let above = 0;
  for (const score of scores) {
    if (score < low) below++;
    else if (score > high) above++;
    else {
      const bin = Math.min(bins - 1, Math.floor(((score - low) / (high - low)) * bins));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }
  const share = (count: number) => (scores.length === 0 ? 0 : count / scores.length);
  return { low, high, scores: scores.length, shares: counts.map(share), below: share(below), above: share(above) };
}

/** Both rates at 101 thresholds, each only where the sample bears it with the design effect of the report's threshold. */
export function sweepOf(
  samples: { readonly falseMatch: WeighedScores | undefined; readonly falseNonMatch: WeighedScores | undefined },
  { low, high }: Scale,
): Sweep {
  const thresholds = Array.from({ length: steps + 1 }, (_, i) => low + ((high - low) * i) / steps);
  const ratesOf = (sample: WeighedScores | undefined, rateAt: (shareBelow: number) => number) => {
    if (sample === undefined || sample.scores.length === 0) return thresholds.map(() => null);
    const ascending = sample.scores.slice().sort();
    const floor = (3 * sample.designEffect) / ascending.length;
    let below = 0;
    return thresholds.map((threshold) => {
      while (below < ascending.length && (ascending[below] ?? 0) < threshold) below++;
      const rate = rateAt(below / ascending.length);
      return rate >= floor ? rate : null;
    });
  };
  return {
    thresholds,
    falseMatch: ratesOf(samples.falseMatch, (shareBelow) => 1 - shareBelow),
    falseNonMatch: ratesOf(samples.falseNonMatch, (shareBelow) => shareBelow),
  };
}
