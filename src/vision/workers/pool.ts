import type { EquipmentDetector } from '../equipment/port.ts';
import { VisionBusyError, VisionFailedError } from '../errors.ts';
import type { FaceCropper, FaceDetector, FaceEmbedder } from '../faces.ts';
import type { LabelDetector } from '../labels/port.ts';
import type { ModerationDetector } from '../moderation/port.ts';
import type { VisualFeatureReader } from '../similar/port.ts';
import type { TextTasks } from '../text/port.ts';
import { type FromWorker, type TaskName, type Tasks, unpackFailure } from './messages.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** How a pool runs. */
export interface VisionPoolOptions {
  /** Path of the compiled worker entry. */
  readonly entry: string;
  /** Sent to every worker at its start. */
  readonly settings: unknown;
  readonly workers: number;
  /** Tasks that may wait for a worker; one more is refused. */
  readonly queueLimit: number;
  /** A task that takes longer has its worker replaced. */
  readonly taskTimeoutMs: number;
  /** A worker that holds more after a task is replaced, so that memory stays bounded. */
  readonly workerMemoryBytes: number;
  /** Told when a worker was replaced, and why. */
  readonly onReplaced?: (why: string) => void;
}

/** Inference in worker processes, behind the ports that the rest of the house knows. */
export interface VisionPool
  extends FaceDetector,
    EquipmentDetector,
    ModerationDetector,
    FaceEmbedder,
    FaceCropper,
    LabelDetector,
    TextTasks,
    VisualFeatureReader {
  /** Resolves when every worker has its models loaded. @throws {VisionFailedError} when they cannot start */
  ready(): Promise<void>;
  stats(): { readonly workers: number; readonly busy: number; readonly waiting: number; readonly replaced: number };
  /** Process ids of the workers, for operators and fault tests. */
  pids(): readonly number[];
  /** Lets running tasks finish, refuses waiting ones, ends the workers. */
  close(): Promise<void>;
}

interface Job {
  readonly id: number;
  readonly name: TaskName;
  readonly input: Tasks[TaskName]['input'];
  readonly resolve: (output: Tasks[TaskName]['output']) => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignal;
  attempts: number;
}

type SeatState = 'starting' | 'idle' | 'busy';

interface Seat {
  process: WorkerProcess;
  state: SeatState;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** An image may kill one worker by bad luck; one that kills two is given up. */
const mostAttempts = 2;
/** Starts that fail one after the other before the pool gives up: a corrupt model does not get better. */
const mostFailedStarts = 3;

/**
 * Opens a pool of worker processes.
 *
 * A job is waiting, then running in one seat, then settled. It leaves `waiting` when its signal fires; while running
 * an abort settles it at once and tells the worker, whose late answer is dropped. A worker that dies, hangs or grows
 * too big is replaced in its seat.
 */
export function openVisionPool(options: VisionPoolOptions): VisionPool {
  const waiting: Job[] = [];
  const seats: Seat[] = [];
  const drained: (() => void)[] = [];
  let nextId = 1;
  let replaced = 0;
  let failedStarts = 0;
  let failure: Error | undefined;
  let closing = false;
  let settleReady: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };
  const readiness = new Promise<void>((resolve, reject) => {
    settleReady = { resolve, reject };
  });
  // A pool may fail before anyone asks; the asker still gets the reason.
  readiness.catch(() => {});

  const seat: (index: number) => void = (index) => {
    const process = startWorkerProcess(options.entry, {
      onMessage: (message) => receive(index, process, message),
      onGone: (why) => vacate(index, process, why),
    });
    seats[index] = { process, state: 'starting', job: undefined, timer: undefined };
    process.send({ type: 'start', settings: options.settings });
  };

  const fail = (error: Error) => {
    failure = error;
    settleReady.reject(error);
    for (const job of waiting.splice(0)) job.reject(error);
  };

  const release = (taken: Seat): Job | undefined => {
    clearTimeout(taken.timer);
    const { job } = taken;
    taken.job = undefined;
    taken.state = 'idle';
    if (seats.every((other) => !other.job)) for (const done of drained.splice(0)) done();
    return job;
  };

  const receive = (index: number, from: WorkerProcess, message: FromWorker) => {
    const taken = seats[index];
    if (taken === undefined || taken.process !== from) return;
    if (message.type === 'started') {
      failedStarts = 0;
      taken.state = 'idle';
      if (seats.every((other) => other.state !== 'starting')) settleReady.resolve();
      next();
      return;
    }
    if (message.type === 'not-started') {
      failedStarts = mostFailedStarts;
      fail(unpackFailure(message.failure));
      return;
    }
    if (taken.job?.id !== message.id) return;
    const job = release(taken);
    if (message.type === 'done') job?.resolve(message.output);
    else job?.reject(unpackFailure(message.failure));
    if (message.rssBytes > options.workerMemoryBytes) {
      replace(index, `held ${Math.round(message.rssBytes / 2 ** 20)} MiB, more than allowed`);
    }
    next();
  };

  const replace = (index: number, why: string) => {
    const old = seats[index];
    if (old === undefined || closing) return;
    replaced += 1;
    options.onReplaced?.(why);
    seat(index);
    old.process.kill();
  };

  const vacate = (index: number, gone: WorkerProcess, why: string) => {
    const taken = seats[index];
    if (taken === undefined || taken.process !== gone) return;
    const wasStarting = taken.state === 'starting';
    const job = release(taken);
    if (job !== undefined && !job.signal.aborted) {
      if (job.attempts < mostAttempts && !closing) waiting.unshift(job);
      else job.reject(new VisionFailedError(`the worker that analysed this image ${why}`));
    }
    if (closing) return;
    failedStarts = wasStarting ? failedStarts + 1 : failedStarts;
    if (failedStarts >= mostFailedStarts) {
      fail(failure ?? new VisionFailedError(`inference workers do not start: the last one ${why}`));
      return;
    }
    replaced += 1;
    options.onReplaced?.(why);
    seat(index);
  };

  const next = () => {
    for (const [index, free] of seats.entries()) {
      if (free.state !== 'idle') continue;
      const job = waiting.shift();
      if (job === undefined) return;
      job.attempts += 1;
      free.job = job;
      free.state = 'busy';
      free.timer = setTimeout(() => {
        const late = release(free);
        late?.reject(new VisionFailedError(`the image took longer than ${options.taskTimeoutMs} ms to analyse`));
        replace(index, `took longer than ${options.taskTimeoutMs} ms`);
      }, options.taskTimeoutMs);
      free.process.send({ type: 'task', id: job.id, name: job.name, input: job.input });
    }
  };

  const submit = <Name extends TaskName>(name: Name, input: Tasks[Name]['input'], signal: AbortSignal) => {
    if (signal.aborted) return Promise.reject(abortError());
    if (failure) return Promise.reject(failure);
    if (closing) return Promise.reject(new VisionFailedError('the server is shutting down'));
    const free = seats.filter(({ state }) => state === 'idle').length;
    if (waiting.length >= options.queueLimit + free) return Promise.reject(new VisionBusyError());
    return new Promise<Tasks[Name]['output']>((resolve, reject) => {
      const settled = () => signal.removeEventListener('abort', onAbort);
      const job: Job = {
        id: nextId++,
        name,
        input,
        signal,
        attempts: 0,
        resolve: (output) => {
          settled();
          resolve(output);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      const onAbort = () => {
        const place = waiting.indexOf(job);
        if (place >= 0) waiting.splice(place, 1);
        else seats.find((busy) => busy.job === job)?.process.send({ type: 'cancel', id: job.id });
        job.reject(abortError());
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(job);
      next();
    });
  };

  for (let index = 0; index < options.workers; index += 1) seat(index);

  return {
    detect: (image, detectOptions, signal) => submit('detect', { image, options: detectOptions }, signal),
    embed: (image, embedOptions, signal) => submit('embed', { image, options: embedOptions }, signal),
    crop: (image, cropOptions, signal) => submit('crop', { image, options: cropOptions }, signal),
    detectLabels: (image, labelOptions, signal) => submit('labels', { image, options: labelOptions }, signal),
    moderate: (image, signal) => submit('moderate', { image, options: {} }, signal),
    findText: (image, findOptions, signal) => submit('findText', { image, options: findOptions }, signal),
    readLines: (lines, signal) => submit('readLines', { image: lines, options: {} }, signal),
    findEquipment: (image, signal) => submit('findEquipment', { image, options: {} }, signal),
    visualFeature: (image, signal) => submit('visualFeature', { image, options: {} }, signal),
    ready: () => readiness,
    stats: () => ({
      workers: seats.length,
      busy: seats.filter(({ state }) => state === 'busy').length,
      waiting: waiting.length,
      replaced,
    }),
    pids: () => seats.flatMap(({ process }) => process.pid ?? []),
    close: async () => {
      closing = true;
      for (const job of waiting.splice(0)) job.reject(new VisionFailedError('the server is shutting down'));
      if (seats.some(({ job }) => job)) await new Promise<void>((resolve) => drained.push(resolve));
      for (const { process, timer } of seats) {
        clearTimeout(timer);
        process.kill();
      }
    },
  };
}

function abortError(): DOMException {
  return new DOMException('The work was aborted', 'AbortError');
}
