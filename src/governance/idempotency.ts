import { ServiceError } from '../contract/index.ts';
import { canonicalJson, sha256Hex } from '../shared/canonical-json.ts';
import type { IdempotencyStore } from '../stores/ports/index.ts';
import type { Idempotency } from './capabilities.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** Gives each call the idempotency of its person and operation: tokens of others are other tokens. */
export interface IdempotencyBook {
  forCall(call: { readonly person: string; readonly operation: string }): Idempotency;
}

/**
 * Makes client tokens work once: the answer is kept with the request's digest and given again to a repeat. A repeat
 * that comes while the first still runs waits for it; when the first fails nothing is kept, and the repeat runs.
 * A process killed between running and keeping runs a repeat again, which then meets what the first one did.
 *
 * @param parts.clock milliseconds since 1970
 * @param parts.lifetimeMs how long an answer is kept; 24 hours by default
 */
export function createIdempotency(parts: {
  store: Pick<IdempotencyStore, 'find' | 'put'>;
  clock: () => number;
  lifetimeMs?: number;
}): IdempotencyBook {
  const { store, clock, lifetimeMs = dayMs } = parts;
  const running = new Map<string, { requestDigest: string; answer: Promise<unknown> }>();

  return {
    forCall({ person, operation }) {
      return {
        async once<Answer>(token: string | undefined, request: unknown, run: () => Promise<Answer>): Promise<Answer> {
          if (token === undefined || token === '') return run();
          const key = { person, operation, token };
          const slot = JSON.stringify([person, operation, token]);
          const requestDigest = sha256Hex(canonicalJson(request));
          for (;;) {
            const first = running.get(slot);
            if (first === undefined) break;
            if (first.requestDigest !== requestDigest) throw alreadyInUse(token);
            const settled = await first.answer.then(
              (answer) => ({ answer }),
              () => undefined,
            );
            if (settled) return settled.answer as Answer;
          }
          const answer = runOnce(key, requestDigest, run);
          running.set(slot, { requestDigest, answer });
          try {
            return await answer;
          } finally {
            running.delete(slot);
          }
        },
      };
    },
  };

  async function runOnce<Answer>(
    key: { person: string; operation: string; token: string },
    requestDigest: string,
    run: () => Promise<Answer>,
  ): Promise<Answer> {
    const kept = await store.find(key);
    if (kept) {
      if (kept.requestDigest !== requestDigest) throw alreadyInUse(key.token);
      return JSON.parse(kept.answer) as Answer;
    }
    const answer = await run();
    await store.put(key, { requestDigest, answer: JSON.stringify(answer ?? null), expiresAtMs: clock() + lifetimeMs });
    return answer;
  }
}

function alreadyInUse(token: string): ServiceError {
  return new ServiceError(
    'IdempotentParameterMismatchException',
    `The ClientRequestToken: ${token} you have supplied is already in use.`,
  );
}
