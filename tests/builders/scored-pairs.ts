import type { ScoredPair } from '../../src/bias/index.ts';

/** A group whose rates are known: scores are a person's own part plus chance, both normal. */
export interface SyntheticGroup {
  readonly name: string;
  readonly people: number;
  /** The true rates at the threshold 80. */
  readonly falseMatchRate: number;
  readonly falseNonMatchRate: number;
  /** Spread of a person's own part where chance has 1: how much a person's comparisons go wrong together. */
  readonly ownSpread?: number;
  /** Pairs of one person, for each. */
  readonly genuinePairs?: number;
  /** How many others each person is compared with, on average. */
  readonly impostorPairs?: number;
  /** The true rate of pairs without a score. */
  readonly failureRate?: number;
}

/** The threshold that synthetic scores are made for. */
export const syntheticThreshold = 80;

/**
 * Scored pairs of groups with known truth: people have a part of their own in all their scores.
 *
 * @param random numbers in [0, 1)
 */
export function syntheticPairs(groups: readonly SyntheticGroup[], random: () => number): ScoredPair[] {
  return groups.flatMap((group) => {
    const { ownSpread = 1, genuinePairs = 4, impostorPairs = 10, failureRate = 0 } = group;
    const own = Array.from({ length: group.people }, () => ownSpread * normal(random));
    const sample = (i: number) => ({ person: `${group.name}-${i}`, group: group.name });
    const score = (value: number) => (random() < failureRate ? undefined : value);
    const genuineSpread = Math.hypot(ownSpread, 1);
    const impostorSpread = Math.hypot(ownSpread, ownSpread, 1);
    const pass = syntheticThreshold - 10 * genuineSpread * normalQuantile(group.falseNonMatchRate);
    const reject = syntheticThreshold + 10 * impostorSpread * normalQuantile(group.falseMatchRate);
    const genuine = own.flatMap((part, i) =>
      Array.from({ length: genuinePairs }, (): ScoredPair => {
        return { a: sample(i), b: sample(i), same: true, score: score(pass + 10 * (part + normal(random))) };
      }),
    );
    const impostors = Array.from({ length: (group.people * impostorPairs) / 2 }, (): ScoredPair => {
      const i = Math.floor(random() * group.people);
      const j = (i + 1 + Math.floor(random() * (group.people - 1))) % group.people;
      const value = reject + 10 * ((own[i] ?? 0) + (own[j] ?? 0) + normal(random));
      return { a: sample(i), b: sample(j), same: false, score: score(value) };
    });
    return [...genuine, ...impostors];
  });
}

/** A standard normal number (Box and Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Where a standard normal number lies below with this chance, by halving its cumulative sum. */
export function normalQuantile(probability: number): number {
  let low = -9;
  let high = 9;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The chance to lie below, by Simpson's rule from 0: 8 digits. */
function normalBelow(x: number): number {
  const steps = 200;
  const h = x / steps;
  const density = (at: number) => Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i * h);
  return 0.5 + (sum * h) / 3;
}
