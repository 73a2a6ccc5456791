import type { ErrorCode } from '../../contract/index.ts';
import { ServiceError } from '../../contract/index.ts';

/**
 * The body of an error, exactly as Rekognition sends it.
 *
 * @param requestId stands as Logref, by which the server's log tells more
 */
export function errorBody(code: ErrorCode, message: string, requestId: string): string {
  return JSON.stringify({ __type: code, Code: code, Logref: requestId, Message: message });
}

/** What a failure is to the client: itself when it is meant for it, else an internal error that tells nothing. */
export function publicError(failure: unknown): ServiceError {
  return failure instanceof ServiceError
    ? failure
    : new ServiceError('InternalServerError', 'Internal server error', { cause: failure });
}

/** An error for the log: names and stack frames of it and its causes. Messages are left out, since they may quote a request. */
export interface LoggedError {
  readonly name: string;
  readonly code?: string;
  readonly frames: readonly string[];
  readonly cause?: LoggedError;
}

const mostCauses = 5;

/** Tells an error's names and frames, its causes included. */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    ...(typeof code === 'string' && /^[\w-]{1,64}$/.test(code) && { code }),
    frames: (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)),
    ...(error.cause !== undefined && depth < mostCauses && { cause: loggedError(error.cause, depth + 1) }),
  };
}
