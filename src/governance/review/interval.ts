/** A rate with what the sample bears. */
export interface Rate {
  readonly rate: number;
  /** 95 % interval, 0..1. */
  readonly low: number;
  readonly high: number;
}

const z95 = 1.959_963_984_540_054;

/**
 * The rate of `hits` in `trials` with its 95 % interval after Wilson, which holds for few trials and for none or all
 * of them; undefined without trials.
 *
 * @source E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927)
 */
export function rateOf(hits: number, trials: number): Rate | undefined {
  if (trials === 0) return undefined;
  const rate = hits / trials;
  const squared = z95 ** 2 / trials;
  const centre = (rate + squared / 2) / (1 + squared);
  const half = (z95 * Math.sqrt((rate * (1 - rate)) / trials + squared / (4 * trials))) / (1 + squared);
  return { rate, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
