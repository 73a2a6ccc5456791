/** A count that may be told, or that it is too small to be told: 1 to {@link smallestTold} - 1, or kept back with one that is. */
export type ToldCount = number | 'small' | 'kept-back';

/** Counts from 1 up to this stay untold: few enough people stand behind them to be known. */
export const smallestTold = 5;

/** A count as it may be told. */
export function toldCount(count: number): ToldCount {
  return count > 0 && count < smallestTold ? 'small' : count;
}

/** The sum of a line; told only where every part is, since a sum would give away the one part that is not. */
export function toldSum(parts: readonly ToldCount[]): ToldCount {
  let sum = 0;
  for (const part of parts) {
    if (typeof part !== 'number') return 'kept-back';
    sum += part;
  }
  return sum;
}

/**
 * Two ways to part one total: where one of them keeps a count back, the other must too, or the total would give it
 * away. Its smallest told count that is not zero is kept back then.
 */
export function keepTogether<Key>(
  one: ReadonlyMap<Key, ToldCount>,
  other: ReadonlyMap<Key, ToldCount>,
): [ReadonlyMap<Key, ToldCount>, ReadonlyMap<Key, ToldCount>] {
  const [oneKeeps, otherKeeps] = [keepsSome(one), keepsSome(other)];
  if (oneKeeps === otherKeeps) return [one, other];
  return oneKeeps ? [one, withSmallestKept(other)] : [withSmallestKept(one), other];
}

function keepsSome(parts: ReadonlyMap<unknown, ToldCount>): boolean {
  return [...parts.values()].some((count) => typeof count !== 'number');
}

function withSmallestKept<Key>(parts: ReadonlyMap<Key, ToldCount>): ReadonlyMap<Key, ToldCount> {
  const told = [...parts].filter((part): part is [Key, number] => typeof part[1] === 'number' && part[1] > 0);
  const smallest = told.sort((a, b) => a[1] - b[1])[0];
  return smallest === undefined ? parts : new Map([...parts, [smallest[0], 'kept-back' as const]]);
}
