/** How well what belongs together is found. */
export interface Retrieval {
  readonly queries: number;
  /** Share of queries whose first answer is right. */
  readonly recallAt1: number;
  /** Share of queries with a right answer among the first five. */
  readonly recallAt5: number;
  /** Of the first right answer, from 1. */
  readonly meanRank: number;
}

/**
 * Ranks the others for each query.
 *
 * @param others places of what a query is compared with
 * @param isRight whether a place is what the query should find
 */
export function retrieval(
  queries: readonly number[],
  othersOf: (query: number) => readonly number[],
  score: (query: number, other: number) => number,
  isRight: (query: number, other: number) => boolean,
): Retrieval {
  const ranks = queries.map((query) => {
    const ranked = othersOf(query)
      .map((other) => ({ other, score: score(query, other) }))
      .sort((a, b) => b.score - a.score);
    return 1 + ranked.findIndex(({ other }) => isRight(query, other));
  });
  const share = (most: number): number => ranks.filter((rank) => rank > 0 && rank <= most).length / ranks.length;
  return {
    queries: queries.length,
    recallAt1: share(1),
    recallAt5: share(5),
    meanRank: ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length,
  };
}

/** The probability that one of `higher` is above one of `lower`; 0.5 is chance. @source Mann and Whitney, 1947 */
export function areaUnderCurve(higher: readonly number[], lower: readonly number[]): number {
  const sorted = Float64Array.from(lower).sort();
  const below = (value: number): number => {
    let from = 0;
    let to = sorted.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((sorted[middle] ?? 0) < value) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  return higher.reduce((sum, value) => sum + below(value), 0) / (higher.length * lower.length);
}

/** The value that a share of all is not above, 0..1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
