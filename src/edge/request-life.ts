import type { ServerResponse } from 'node:http';

/** The client closed the connection before it had its answer. */
export class ClientGoneError extends Error {
  constructor(options?: { cause?: unknown }) {
    super('the client closed the connection', options);
    this.name = 'ClientGoneError';
  }
}

/** The request took longer than the server gives one. */
export class RequestTimeoutError extends Error {
  constructor() {
    super('the request ran out of time');
    this.name = 'RequestTimeoutError';
  }
}

/** The server stops, and its grace is over. */
export class ShuttingDownError extends Error {
  constructor() {
    super('the server is shutting down');
    this.name = 'ShuttingDownError';
  }
}

/** How long a request may go on; its signal reaches everything that works for it. */
export interface RequestLife {
  readonly signal: AbortSignal;
  /** @param reason a {@link ShuttingDownError} */
  abort(reason: Error): void;
  /** Call when the request is over. */
  end(): void;
}

/** Begins a request's life: it is aborted when the client goes away or time runs out. */
export function beginLife(response: ServerResponse, timeoutMs: number): RequestLife {
  const controller = new AbortController();
  const onClose = () => {
    if (!response.writableFinished) controller.abort(new ClientGoneError());
  };
  const timer = setTimeout(() => controller.abort(new RequestTimeoutError()), timeoutMs);
  response.once('close', onClose);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    end() {
      clearTimeout(timer);
      response.off('close', onClose);
    },
  };
}

/** Waits for work, but no longer than the signal lets; the work itself may go on until it notices. */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
