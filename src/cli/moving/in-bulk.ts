import { setTimeout as wait } from 'node:timers/promises';
import type { Terminal } from '../output.ts';
import { createProgress, type ProgressUnit } from '../progress.ts';

/** Something that could not be done. */
export interface Failure {
  readonly item: string;
  /** The service's error code, or the error's name. */
  readonly code: string;
  readonly message: string;
}

/** What became of many things. */
export interface Bulk {
  /** Done or failed. */
  readonly tried: number;
  readonly failures: readonly Failure[];
  readonly seconds: number;
  readonly isInterrupted: boolean;
}

const busy: ReadonlySet<string> = new Set(['ThrottlingException', 'ProvisionedThroughputExceededException']);
const mostTries = 6;
const firstWaitMs = 250;
/** Items named for each reason; all of them are in the JSON. */
const namedItems = 5;

/**
 * Does something for many items, several at a time, with a progress bar. Where the server is busy it waits and tries
 * again; Ctrl-C ends what is under way and starts nothing more.
 */
export async function inBulk<Item>(
  items: readonly Item[],
  how: {
    readonly label: string;
    readonly unit: ProgressUnit;
    /** Under way at once. */
    readonly atOnce: number;
    readonly terminal: Terminal;
    readonly nameOf: (item: Item) => string;
  },
  work: (item: Item) => Promise<void>,
): Promise<Bulk> {
  const failures: Failure[] = [];
  const progress = createProgress(how.terminal, how.unit);
  const startedMs = Date.now();
  const gone = new AbortController();
  const onInterrupt = () => {
    how.terminal.note('\nfinishing what is under way; run the same command again to go on');
    gone.abort();
  };
  process.once('SIGINT', onInterrupt);
  let next = 0;
  let tried = 0;
  const worker = async () => {
    while (next < items.length && !gone.signal.aborted) {
      const item = items[next++] as Item;
      try {
        await patiently(() => work(item), gone.signal);
      } catch (error) {
        // What was stopped while it waited for a busy server has not failed.
        if (gone.signal.aborted && busy.has((error as Error).name)) return;
        const { name, message } = error as Error;
        failures.push({ item: how.nameOf(item), code: name, message });
      }
      tried += 1;
      progress.update(tried, { failed: failures.length });
    }
  };
  try {
    progress.start(how.label, items.length);
    await Promise.all(Array.from({ length: Math.max(1, how.atOnce) }, worker));
  } finally {
    progress.stop();
    process.off('SIGINT', onInterrupt);
  }
  return { tried, failures, seconds: (Date.now() - startedMs) / 1000, isInterrupted: gone.signal.aborted };
}

/** Failures for people: by reason, the most frequent first, each with a few of the items. */
export function failureLines(failures: readonly Failure[]): readonly string[] {
  const byReason = new Map<string, Failure[]>();
  for (const failure of failures) {
    const reason = `${failure.code}: ${failure.message}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), failure]);
  }
  const sorted = [...byReason].sort(([, a], [, b]) => b.length - a.length);
  const lines = sorted.flatMap(([reason, some]) => [
    `${some.length} failed: ${reason}`,
    ...some.slice(0, namedItems).map(({ item }) => `  ${item}`),
    ...(some.length > namedItems ? [`  and ${some.length - namedItems} more (--json lists all)`] : []),
  ]);
  return failures.length === 0 ? [] : [...lines, 'run the same command again to try these again'];
}

async function patiently(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!busy.has((error as Error).name) || tries >= mostTries || signal.aborted) throw error;
      await wait(firstWaitMs * 2 ** tries, undefined, { signal }).catch(() => {});
    }
  }
}
