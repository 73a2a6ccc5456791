import { personId } from '../people/index.ts';

/** Counts searches by person and purpose within the hour that slides. */
export interface SearchBudgets {
  /**
   * Takes one search from a person's budget under a purpose.
   *
   * @returns undefined when there was one left, else when there will be one, milliseconds since 1970
   */
  take(person: string, purpose: string, searchesPerHour: number): number | undefined;
  /** Counts a search of before this process started. */
  recall(person: string, purpose: string, atMs: number): void;
}

const hourMs = 3_600_000;

/** Keeps the counts in memory. @param parts.clock one that never goes back, see createForwardClock */
export function createSearchBudgets(parts: { readonly clock: () => number }): SearchBudgets {
  /** Times of searches, earliest first. */
  const searches = new Map<string, number[]>();
  const within = (person: string, purpose: string, nowMs: number): number[] => {
    const key = `${purpose}/${personId(person)}`;
    const times = searches.get(key) ?? [];
    const first = times.findIndex((atMs) => atMs > nowMs - hourMs);
    times.splice(0, first === -1 ? times.length : first);
    searches.set(key, times);
    return times;
  };
  return {
    take(person, purpose, searchesPerHour) {
      const nowMs = parts.clock();
      const times = within(person, purpose, nowMs);
      const freedBy = times[times.length - searchesPerHour];
      if (freedBy !== undefined) return freedBy + hourMs;
      times.push(nowMs);
      return undefined;
    },
    recall(person, purpose, atMs) {
      const times = within(person, purpose, parts.clock());
      times.push(atMs);
      times.sort((a, b) => a - b);
    },
  };
}
