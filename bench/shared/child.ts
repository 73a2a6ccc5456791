import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of its own that answers questions one after the other. */
export interface Child<Question, Answer> {
  /** @throws {Error} when the child throws or ends */
  ask(question: Question): Promise<Answer>;
  close(): void;
}

type Reply<Answer> = { readonly answer: Answer } | { readonly error: string };

/**
 * Starts a compiled file that calls {@link serveChild}, so that what is measured shares no heap, no thread and no
 * library state with anything else.
 *
 * @param entry URL of the compiled file
 */
export function startChild<Question, Answer>(entry: URL): Child<Question, Answer> {
  const child = fork(fileURLToPath(entry), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  let gone: Error | undefined;
  child.on('message', (message) => {
    const asker = waiting.shift();
    const reply = message as Reply<Answer>;
    if ('error' in reply) asker?.reject(new Error(reply.error));
    else asker?.resolve(reply.answer);
  });
  child.on('exit', (code, signal) => {
    gone = new Error(`${fileURLToPath(entry)} ended (${signal ?? code})`);
    for (const { reject } of waiting.splice(0)) reject(gone);
  });
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (gone) return reject(gone);
        waiting.push({ resolve, reject });
        child.send(question as object);
      }),
    close: () => void child.kill(),
  };
}

/** Answers the parent's questions in their order; the process ends with its parent. */
export function serveChild<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  let last = Promise.resolve();
  process.on('disconnect', () => process.exit(0));
  process.on('message', (question) => {
    last = last.then(async () => {
      const reply: Reply<Answer> = await answer(question as Question).then(
        (given) => ({ answer: given }),
        (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
      process.send?.(reply);
    });
  });
}

/** What one piece of work took. */
export interface Cost {
  /** Milliseconds on the clock. */
  readonly ms: number;
  /** Milliseconds of processor time, of all threads of this process: hardly disturbed by other work on the machine. */
  readonly cpuMs: number;
}

/** Starts to count; the returned function tells what was spent since. */
export function startCounting(): () => Cost {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return { ms, cpuMs: (user + system) / 1000 };
  };
}

/** The most memory this process ever held, bytes. */
export function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}
