import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../../shared/package-root.ts';

/** Rows changed after which the log is worth moving: some 1,000 pages where they are faces. */
const ROWS = 128;

/**
 * Moves what a database's write-ahead log holds into the database file on a thread of its own: on the thread that
 * answers every third commit of 100 faces took 10 ms for it, with 2 without. A file of few changes never starts the
 * thread.
 */
export interface LogMover {
  /** Tells of a commit. */
  committed(rowsChanged: number): void;
  /** Resolves when nothing is being moved; what is committed afterwards may start it again. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** @param file of a database in write-ahead mode */
export function createLogMover(file: string): LogMover {
  let worker: Worker | undefined;
  let rows = 0;
  let moving: { readonly done: Promise<void>; readonly end: () => void } | undefined;
  let closed = false;

  const ended = (): void => {
    moving?.end();
    moving = undefined;
    worker?.unref();
  };
  const start = (): Worker => {
    const started = new Worker(join(packageRoot(), 'dist', 'stores', 'sqlite', 'log-worker.js'), { workerData: file });
    // What it could not move stays in the log, which is as durable; whoever commits next moves it when it grows long.
    started.on('error', () => {});
    started.on('exit', () => {
      worker = undefined;
      ended();
    });
    started.on('message', ended);
    return started;
  };
  return {
    committed(rowsChanged) {
      rows += rowsChanged;
      if (rows < ROWS || moving !== undefined || closed) return;
      rows = 0;
      let end = (): void => {};
      const done = new Promise<void>((resolve) => {
        end = resolve;
      });
      moving = { done, end };
      worker ??= start();
      worker.ref();
      worker.postMessage('move');
    },
    settle: () => moving?.done ?? Promise.resolve(),
    async close() {
      closed = true;
      await moving?.done;
      const last = worker;
      if (last === undefined) return;
      await new Promise<void>((resolve) => {
        last.once('exit', () => resolve());
        // Else a process with nothing more to do would end before.
        last.ref();
        last.postMessage('close');
      });
    },
  };
}
