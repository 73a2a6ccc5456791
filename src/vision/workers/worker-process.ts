import { type ChildProcess, fork } from 'node:child_process';
import type { FromWorker, ToWorker } from './messages.ts';

/** What a pool needs to know of one worker. */
export interface WorkerHandlers {
  onMessage(message: FromWorker): void;
  /** Once, however it ended. */
  onGone(why: string): void;
}

/** A worker in a process of its own: a crash in native code, or a kill, takes that process alone. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  send(message: ToWorker): void;
  kill(): void;
}

/**
 * Starts a worker process. It gets no environment of the server's, so that no secret reaches the code that decodes
 * untrusted images.
 */
export function startWorkerProcess(entry: string, handlers: WorkerHandlers): WorkerProcess {
  const child: ChildProcess = fork(entry, [], {
    serialization: 'advanced',
    execArgv: [],
    // Two arenas keep glibc from holding one heap per thread: the process stays small under load.
    env: { MALLOC_ARENA_MAX: '2' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let gone = false;
  const end = (why: string) => {
    if (gone) return;
    gone = true;
    handlers.onGone(why);
  };
  child.on('message', (message) => handlers.onMessage(message as FromWorker));
  child.on('error', (error) => end(error.message));
  child.on('exit', (code, signal) => end(signal ? `was ended by ${signal}` : `exited with code ${code}`));
  return {
    pid: child.pid,
    send: (message) => {
      // A worker that has just died reports itself by 'exit'; a failed send has nothing to add.
      if (child.connected) child.send(message, () => {});
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
