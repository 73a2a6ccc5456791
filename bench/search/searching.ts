import { percentile } from '../shared/stats.ts';
import { joinRecalls, type Recall, recallOf, type TrueHit } from './truth.ts';

/** What a search asks for. */
export interface Aim {
  readonly name: string;
  readonly limit: number;
  readonly minScore: number;
}

/** How fast and how right searches were. */
export interface SearchFigures {
  readonly aim: string;
  /** Milliseconds of one search after the other. */
  readonly p50: number;
  readonly p99: number;
  readonly searches: number;
  /** Searches a second with 1 and with 4 clients; the second is absent where one client is all there was time for. */
  readonly perSecond: number;
  readonly perSecond4?: number;
  readonly recall: Recall;
  /** Of the hits that a search gave, the mean. */
  readonly hits: number;
}

/** Runs one search for a probe by its number and answers the numbers found. */
export type Search = (probe: number, aim: Aim) => Promise<ReadonlySet<number>>;

/**
 * Searches with every probe once for the recall, which warms up too, then for so many seconds by one client, and by four.
 *
 * @param truth of each probe that is to be asked with
 */
export async function measureSearches(
  search: Search,
  aim: Aim,
  truth: readonly (readonly TrueHit[])[],
  { seconds, clients4 = true }: { seconds: number; clients4?: boolean },
): Promise<SearchFigures> {
  const recalls: Recall[] = [];
  let hits = 0;
  for (const [probe, wanted] of truth.entries()) {
    const found = await search(probe, aim);
    hits += found.size / truth.length;
    recalls.push(recallOf(wanted, found, aim));
  }
  const alone = await searchFor(search, aim, truth.length, { seconds, clients: 1 });
  const together = clients4 ? await searchFor(search, aim, truth.length, { seconds, clients: 4 }) : undefined;
  return {
    aim: aim.name,
    p50: percentile(alone.ms, 0.5),
    p99: percentile(alone.ms, 0.99),
    searches: alone.ms.length,
    perSecond: alone.perSecond,
    ...(together && { perSecond4: together.perSecond }),
    recall: joinRecalls(recalls),
    hits,
  };
}

/** Searches until the time is over, each client with a probe after the other. */
export async function searchFor(
  search: Search,
  aim: Aim,
  probes: number,
  { seconds, clients }: { seconds: number; clients: number },
): Promise<{ ms: number[]; perSecond: number }> {
  const ms: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  let next = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      do {
        const began = performance.now();
        await search(next++ % probes, aim);
        ms.push(performance.now() - began);
      } while (performance.now() < end);
    }),
  );
  return { ms, perSecond: ms.length / ((performance.now() - start) / 1000) };
}

/** Says on standard error how far a part is, every few seconds. */
export function tellProgress(what: string, total: number): (done: number) => void {
  const start = performance.now();
  let told = start;
  return (done) => {
    const now = performance.now();
    if (now - told < 5000) return;
    told = now;
    const left = ((now - start) / done) * (total - done);
    process.stderr.write(
      `${what}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}, ${Math.ceil(left / 1000)} s left\n`,
    );
  };
}
