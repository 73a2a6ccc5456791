import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../contract/index.ts';
import { ClientGoneError } from '../request-life.ts';

/** A body that was read whole; its bytes count against the budget until it is released. */
export interface Body {
  readonly bytes: Buffer;
  release(): void;
}

/** The body is larger than the server takes. */
export class BodyTooLargeError extends Error {
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`the body is larger than ${limitBytes} bytes`);
    this.name = 'BodyTooLargeError';
    this.limitBytes = limitBytes;
  }
}

/** Reads bodies within one budget of memory for all of them. */
export interface BodyReader {
  /**
   * @throws {BodyTooLargeError} declared or found to be too large
   * @throws {ServiceError} ThrottlingException when the budget is used up
   * @throws {ClientGoneError} when the connection breaks
   * @throws the signal's reason when it is aborted
   */
  read(request: IncomingMessage, signal: AbortSignal): Promise<Body>;
  /** Bytes that are held. */
  heldBytes(): number;
}

/**
 * Makes a reader of bodies. Memory is counted as it comes in, not as it is announced, so that announcing costs
 * nobody anything.
 *
 * @param bounds.limitBytes of one body
 * @param bounds.budgetBytes of all bodies at once
 */
export function createBodyReader(bounds: { readonly limitBytes: number; readonly budgetBytes: number }): BodyReader {
  let held = 0;

  return {
    read(request, signal) {
      return new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        let length = 0;

        // Listeners and not an async iterator: that would destroy the socket on an early exit, and the answer with it.
        const settle = (conclude: () => void) => {
          request.off('data', onData).off('end', onEnd).off('error', onError);
          signal.removeEventListener('abort', onAbort);
          conclude();
        };
        const fail = (error: unknown) =>
          settle(() => {
            held -= length;
            reject(error);
          });
        const onData = (chunk: Buffer) => {
          if (length + chunk.length > bounds.limitBytes) {
            fail(new BodyTooLargeError(bounds.limitBytes));
          } else if (held + chunk.length > bounds.budgetBytes) {
            fail(new ServiceError('ThrottlingException', 'Slow down: too many bodies are under way. Try again later.'));
          } else {
            held += chunk.length;
            length += chunk.length;
            chunks.push(chunk);
          }
        };
        const onEnd = () =>
          settle(() => {
            let mine = length;
            const release = () => {
              held -= mine;
              mine = 0;
            };
            const [only] = chunks;
            const bytes = chunks.length === 1 && only ? only : Buffer.concat(chunks, length);
            // Whoever keeps only `release` must not keep the bytes.
            chunks.length = 0;
            resolve({ bytes, release });
          });
        const onError = (cause: unknown) => fail(new ClientGoneError({ cause }));
        const onAbort = () => fail(signal.reason);

        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        if (Number(request.headers['content-length'] ?? 0) > bounds.limitBytes) {
          reject(new BodyTooLargeError(bounds.limitBytes));
          return;
        }
        signal.addEventListener('abort', onAbort, { once: true });
        request.on('data', onData).on('end', onEnd).on('error', onError);
      });
    },
    heldBytes: () => held,
  };
}
