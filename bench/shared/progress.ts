import { Presets, SingleBar } from 'cli-progress';

/** Tells on standard error how far a measurement is. */
export interface Progress {
  /** One more of the steps is done; `label` says what comes next. */
  step(label: string): void;
  stop(): void;
}

/** A bar with rate and time left on a terminal; elsewhere silence. */
export function openProgress(steps: number, label: string): Progress {
  if (!process.stderr.isTTY) return { step: () => {}, stop: () => {} };
  const bar = new SingleBar(
    { format: '{bar} {percentage}% | {value} of {total} | {eta_formatted} left | {label}', etaBuffer: 30 },
    Presets.shades_classic,
  );
  bar.start(steps, 0, { label });
  return { step: (next) => bar.increment(1, { label: next }), stop: () => bar.stop() };
}
