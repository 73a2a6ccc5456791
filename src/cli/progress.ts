import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './output.ts';

/** A progress bar, or silence where nobody looks. */
export interface Progress {
  /** Starts over with a new task. */
  start(label: string, total: number): void;
  update(done: number, payload?: { readonly failed?: number }): void;
  stop(): void;
}

/** How a bar counts: things, or bytes shown as MB. */
export type ProgressUnit = 'bytes' | 'faces' | 'files' | 'models' | 'percent' | 'pairs' | 'records' | 'users';

/** Draws a bar with count, rate and time left on standard error; without a terminal it only notes what begins. */
export function createProgress(terminal: Terminal, unit: ProgressUnit): Progress {
  let bar: SingleBar | undefined;
  let startedMs = 0;
  const shown = (value: number) => (unit === 'bytes' ? `${(value / 1e6).toFixed(1)} MB` : `${value} ${unit}`);
  const rate = (done: number) => {
    const seconds = (Date.now() - startedMs) / 1000;
    if (done === 0 || seconds < 0.2) return '';
    const perSecond = done / seconds;
    return unit === 'bytes' ? `${(perSecond / 1e6).toFixed(1)} MB/s` : `${perSecond.toFixed(1)} ${unit}/s`;
  };
  return {
    start(label, total) {
      bar?.stop();
      startedMs = Date.now();
      if (!terminal.interactive) {
        terminal.note(`${label} (${shown(total)})`);
        return;
      }
      bar = new SingleBar(
        {
          format: '{label} {bar} {percentage}% | {shown} | {rate} | {left} left{failed}',
          stream: process.stderr,
          hideCursor: true,
          clearOnComplete: false,
          etaBuffer: 50,
        },
        Presets.shades_classic,
      );
      bar.start(total, 0, { label, shown: shown(0), rate: '', left: '?', failed: '' });
    },
    update(done, payload = {}) {
      if (bar === undefined) return;
      const total = bar.getTotal();
      const seconds = (Date.now() - startedMs) / 1000;
      const left = done > 0 ? ((total - done) * seconds) / done : undefined;
      bar.update(done, {
        shown: `${shown(done)} of ${shown(total)}`,
        rate: rate(done),
        left: left === undefined ? '?' : duration(left),
        failed: payload.failed ? ` | ${payload.failed} failed` : '',
      });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** Seconds as people say them: `42s`, `3m20s`, `1h05m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}
