import { percentile } from '../shared/stats.ts';

/** One look at the processes. */
export interface MemorySample {
  /** Seconds since the load began. */
  readonly atSeconds: number;
  /** Bytes that server and workers hold together. */
  readonly bytes: number;
}

/** One call that was answered. */
export interface CallSample {
  readonly work: string;
  readonly atSeconds: number;
  readonly ms: number;
}

/** What a soak saw. */
export interface SoakFigures {
  readonly seconds: number;
  readonly memory: readonly MemorySample[];
  readonly calls: readonly CallSample[];
  /** What went wrong, with how often. */
  readonly errors: readonly { readonly what: string; readonly times: number }[];
  /** Workers that the server had to replace. */
  readonly replaced: number;
}

/** One thing that a soak must show. */
export interface Finding {
  readonly text: string;
  readonly met: boolean;
}

/** The first part of a run, in which nets load and code is compiled, and which nothing is judged by. */
export const WARM_UP = 1 / 5;
/** Growth of memory over the judged part, by its line of least squares, as a share of what is held. */
const MOST_GROWTH = 0.05;
/** Median of a work's last third over that of its first, after the warm-up. */
const MOST_DRIFT = 1.5;
/** Works that were called less often in a third tell nothing of drift. */
const LEAST_CALLS = 20;

/** Slope of the line of least squares, bytes a second. */
export function slopeOf(samples: readonly MemorySample[]): number {
  const mean = (of: (sample: MemorySample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [t, b] = [mean(({ atSeconds }) => atSeconds), mean(({ bytes }) => bytes)];
  const over = samples.reduce((sum, { atSeconds, bytes }) => sum + (atSeconds - t) * (bytes - b), 0);
  const under = samples.reduce((sum, { atSeconds }) => sum + (atSeconds - t) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

/** Whether a soak passed: no error, memory flat, latency where it was. */
export function judgeSoak({ seconds, memory, calls, errors, replaced }: SoakFigures): readonly Finding[] {
  const from = seconds * WARM_UP;
  const judged = seconds - from;
  const wrong = errors.reduce((sum, { times }) => sum + times, 0);
  const findings: Finding[] = [
    { text: `${calls.length} calls, ${wrong} failed`, met: wrong === 0 && calls.length > 0 },
    { text: `${replaced} workers had to be replaced`, met: replaced === 0 },
  ];
  const held = memory.filter(({ atSeconds }) => atSeconds >= from);
  if (held.length < 3) findings.push({ text: 'memory was not told by this system, or too few times', met: false });
  else {
    const mean = held.reduce((sum, { bytes }) => sum + bytes, 0) / held.length;
    const growth = (slopeOf(held) * judged) / mean;
    findings.push({
      text: `memory ${(mean / 1e6).toFixed(0)} MB, grew by ${(growth * 100).toFixed(1)} % over the last ${(judged / 60).toFixed(1)} minutes (<= ${MOST_GROWTH * 100} %)`,
      met: growth <= MOST_GROWTH,
    });
  }
  for (const work of new Set(calls.map((call) => call.work))) {
    const third = (n: number): number[] =>
      calls
        .filter((call) => call.work === work)
        .filter(({ atSeconds }) => atSeconds >= from + (n * judged) / 3 && atSeconds < from + ((n + 1) * judged) / 3)
        .map(({ ms }) => ms);
    const [first, last] = [third(0), third(2)];
    if (Math.min(first.length, last.length) < LEAST_CALLS) continue;
    const drift = percentile(last, 0.5) / percentile(first, 0.5);
    findings.push({
      text: `${work}: median of the last third ${drift.toFixed(2)} times that of the first (<= ${MOST_DRIFT})`,
      met: drift <= MOST_DRIFT,
    });
  }
  return findings;
}
