import { type FromWorker, packFailure, type TaskName, type Tasks, type ToWorker } from './messages.ts';

/** What does the tasks inside a worker. */
export type TaskEngine = {
  readonly [Name in TaskName]: (
    image: Tasks[Name]['input']['image'],
    options: Tasks[Name]['input']['options'],
    signal: AbortSignal,
  ) => Promise<Tasks[Name]['output']>;
};

/**
 * Serves a pool from inside a worker process, until the pool lets go of it. The process ends when its parent does, so
 * that a killed server leaves none behind.
 */
export function serveTasks<Engine extends TaskEngine>(open: (settings: unknown) => Promise<Engine>): void {
  const running = new Map<number, AbortController>();
  let engine: Engine | undefined;
  const send = (message: FromWorker) => void process.send?.(message);

  const perform = async (id: number, name: TaskName, input: Tasks[TaskName]['input']) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      if (engine === undefined) throw new Error('a task came before the start');
      const run = engine[name] as (
        image: unknown,
        options: unknown,
        signal: AbortSignal,
      ) => Promise<Tasks[TaskName]['output']>;
      const output = await run.call(engine, input.image, input.options, controller.signal);
      send({ type: 'done', id, output, rssBytes: process.memoryUsage.rss() });
    } catch (error) {
      send({ type: 'failed', id, failure: packFailure(error), rssBytes: process.memoryUsage.rss() });
    } finally {
      running.delete(id);
    }
  };

  process.on('disconnect', () => process.exit(0));
  // A terminal's Ctrl-C reaches the whole process group; only the server decides when its workers end.
  process.on('SIGINT', () => {});
  process.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'start':
        open(message.settings).then(
          (opened) => {
            engine = opened;
            send({ type: 'started' });
          },
          (error) => send({ type: 'not-started', failure: packFailure(error) }),
        );
        return;
      case 'task':
        void perform(message.id, message.name, message.input);
        return;
      case 'cancel':
        running.get(message.id)?.abort();
    }
  });
}
