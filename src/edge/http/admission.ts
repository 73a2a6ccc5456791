import { ServiceError } from '../../contract/index.ts';

/** One request's place among those that are in the house. */
export interface Ticket {
  /**
   * Waits for its turn to run, first come first served.
   *
   * @throws the signal's reason when it is aborted while waiting
   */
  start(signal: AbortSignal): Promise<void>;
  /** Gives the place to the next; again without effect. */
  leave(): void;
}

/** Bounds how many requests are in the house, and how many of them run at once. */
export interface Admission {
  /**
   * Refuses before a body is read what could not enter afterwards.
   *
   * @throws {ServiceError} ThrottlingException when the house is full
   */
  refuseIfFull(): void;
  /** @throws {ServiceError} ThrottlingException when the house is full */
  enter(): Ticket;
  /** Requests that run. */
  running(): number;
  /** Requests in the house that wait for their turn. */
  waiting(): number;
}

/**
 * Makes the bounded queue in front of the operations.
 *
 * @param bounds.maxRunning at once
 * @param bounds.maxWaiting beside them
 */
export function createAdmission(bounds: { readonly maxRunning: number; readonly maxWaiting: number }): Admission {
  let inHouse = 0;
  let running = 0;
  // A set keeps the order of arrival and lets one that gives up leave from the middle.
  const queue = new Set<() => void>();

  function next(): void {
    const [first] = queue;
    if (first === undefined) {
      running -= 1;
    } else {
      queue.delete(first);
      first();
    }
  }

  function refuseIfFull(): void {
    if (inHouse >= bounds.maxRunning + bounds.maxWaiting) {
      throw new ServiceError('ThrottlingException', 'Slow down: too many requests are under way. Try again later.');
    }
  }

  return {
    refuseIfFull,
    enter() {
      refuseIfFull();
      inHouse += 1;
      let state: 'waiting' | 'running' | 'left' = 'waiting';
      return {
        async start(signal) {
          signal.throwIfAborted();
          if (running < bounds.maxRunning) {
            running += 1;
          } else {
            await turn(queue, signal);
          }
          state = 'running';
        },
        leave() {
          if (state === 'left') return;
          if (state === 'running') next();
          state = 'left';
          inHouse -= 1;
        },
      };
    },
    running: () => running,
    waiting: () => inHouse - running,
  };
}

function turn(queue: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const mine = () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => {
      queue.delete(mine);
      reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    queue.add(mine);
  });
}
