/** Slows down whoever guesses tokens. */
export interface Attempts {
  /** Whether another try from this address may be looked at now. */
  allowed(address: string): boolean;
  failed(address: string): void;
}

interface Failures {
  count: number;
  sinceMs: number;
}

/** Longest list of addresses; the oldest are forgotten first, and the bound over all of them still holds. */
const mostAddresses = 10_000;

/**
 * Counts failed tokens in windows of ten minutes, by address and over all. Tokens have 256 bits, so this guards the
 * log and the processor more than the tokens.
 *
 * @param bounds.clock ms since 1970; one that goes back only makes a window longer
 */
export function createAttempts(bounds: {
  readonly clock: () => number;
  readonly perAddress?: number;
  readonly overAll?: number;
  readonly windowMs?: number;
}): Attempts {
  const { clock, perAddress = 10, overAll = 300, windowMs = 600_000 } = bounds;
  const byAddress = new Map<string, Failures>();
  const all: Failures = { count: 0, sinceMs: clock() };

  const current = (failures: Failures): Failures => {
    if (clock() - failures.sinceMs >= windowMs) {
      failures.count = 0;
      failures.sinceMs = clock();
    }
    return failures;
  };

  return {
    allowed(address) {
      const own = byAddress.get(address);
      return current(all).count < overAll && (own === undefined || current(own).count < perAddress);
    },
    failed(address) {
      const own = byAddress.get(address) ?? { count: 0, sinceMs: clock() };
      current(own).count++;
      current(all).count++;
      byAddress.delete(address);
      byAddress.set(address, own);
      const [oldest] = byAddress.keys();
      if (byAddress.size > mostAddresses && oldest !== undefined) byAddress.delete(oldest);
    },
  };
}
