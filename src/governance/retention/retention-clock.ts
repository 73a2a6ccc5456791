import type { DocumentStore } from '../../stores/ports/index.ts';

/** What the clock of retention says: the time to judge by, or why nothing may be erased by it. */
export type ClockReading =
  | { readonly kind: 'good'; readonly nowMs: number }
  | {
      readonly kind: 'paused';
      /** The latest time that was trusted. */
      readonly nowMs: number;
      /** What the clock says now. */
      readonly clockMs: number;
      /** A sentence for the operator. */
      readonly why: string;
    };

/** A clock that neither goes back nor jumps ahead unseen, so that a broken clock neither keeps nor erases. */
export interface RetentionClock {
  observe(): Promise<ClockReading>;
  /** Takes the clock as it is, because a person has looked at it. */
  accept(): Promise<ClockReading>;
}

const dayMs = 86_400_000;
/** More than this between two looks, beyond what has passed for the process, is a jump. */
const jumpMs = 2 * dayMs;
/** A server may stand still for a year; a longer pause looks like a broken clock. */
const longestPauseMs = 400 * dayMs;

interface Kept {
  readonly goodMs: number;
  /** What the clock said when it was found to have jumped. */
  readonly jumpedToMs?: number;
}

/**
 * Makes the clock of retention. The latest good time is kept with the data, so that a clock set back extends nothing.
 * A clock that jumped ahead pauses erasure until it is set right by a day at least, or a person accepts it; a machine
 * that slept for more than two days looks the same.
 *
 * @param parts.clock wall clock, ms since 1970
 * @param parts.monotonicMs ms since the process began, which no one can set
 */
export function createRetentionClock(parts: {
  documents: DocumentStore;
  clock: () => number;
  monotonicMs: () => number;
}): RetentionClock {
  const { documents, clock, monotonicMs } = parts;
  let lastGood: { readonly wallMs: number; readonly monotonicMs: number } | undefined;

  const keep = (kept: Kept): Promise<void> =>
    documents.change((change) => change.put('setting', 'retention-clock', kept));
  const good = async (nowMs: number): Promise<ClockReading> => {
    lastGood = { wallMs: nowMs, monotonicMs: monotonicMs() };
    await keep({ goodMs: nowMs });
    return { kind: 'good', nowMs };
  };
  const paused = (kept: Kept, clockMs: number): ClockReading => ({
    kind: 'paused',
    nowMs: kept.goodMs,
    clockMs,
    why:
      `The clock says ${new Date(clockMs).toISOString()}, and the last time that was trusted is ${new Date(kept.goodMs).toISOString()}. ` +
      'Nothing is erased by a clock that jumped. Set it right, or, when it is right, run `likeness retention sweep --accept-clock`.',
  });

  return {
    async observe() {
      const clockMs = clock();
      const kept = (await documents.read((view) => view.get('setting', 'retention-clock')))?.body as Kept | undefined;
      if (kept === undefined) return good(clockMs);
      const passedMs = lastGood === undefined ? 0 : monotonicMs() - lastGood.monotonicMs;
      const jumped =
        lastGood === undefined
          ? clockMs - kept.goodMs > longestPauseMs
          : clockMs - (lastGood.wallMs + passedMs) > jumpMs;
      const mended = kept.jumpedToMs === undefined || clockMs < kept.jumpedToMs - dayMs;
      if (!jumped && mended) return good(Math.max(clockMs, kept.goodMs + passedMs));
      const jumpedToMs = Math.min(kept.jumpedToMs ?? clockMs, clockMs);
      if (jumpedToMs !== kept.jumpedToMs) await keep({ goodMs: kept.goodMs, jumpedToMs });
      return paused(kept, clockMs);
    },
    async accept() {
      const kept = (await documents.read((view) => view.get('setting', 'retention-clock')))?.body as Kept | undefined;
      return good(Math.max(clock(), kept?.goodMs ?? 0));
    },
  };
}
