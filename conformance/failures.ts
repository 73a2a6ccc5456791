import { expect } from 'vitest';

/** What an AWS client throws. */
export interface Failure extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly attempts?: number; readonly requestId?: string };
}

/** Waits for a request to fail. @throws {Error} when it succeeds */
export async function failureOf(request: Promise<unknown>): Promise<Failure> {
  const outcome = await request.then(
    () => undefined,
    (error: Failure) => error,
  );
  if (outcome === undefined) throw new Error('the request succeeded where it should have failed');
  return outcome;
}

/** Expects a request to fail with this error, and HTTP status 400 as every error of the client's making. */
export async function expectFailure(request: Promise<unknown>, name: string, message?: string | RegExp): Promise<void> {
  const failure = await failureOf(request);
  expect({ name: failure.name, status: failure.$metadata?.httpStatusCode, message: failure.message }).toMatchObject({
    name,
    status: 400,
  });
  if (typeof message === 'string') expect(failure.message).toBe(message);
  else if (message) expect(failure.message).toMatch(message);
}
