/** Remembers the answers of requests that carried a client token, so that a repeated one does nothing twice. */
export interface IdempotencyStore {
  /** The answer kept under this token, with the digest of the request it was given for. */
  find(key: {
    person: string;
    operation: string;
    token: string;
  }): Promise<{ requestDigest: string; answer: string } | undefined>;
  put(
    key: { person: string; operation: string; token: string },
    kept: { requestDigest: string; answer: string; expiresAtMs: number },
  ): Promise<void>;
  /** Every answer that is kept. */
  list(): Promise<readonly { answer: string; expiresAtMs: number }[]>;
  /** Removes answers, and those that no longer open; overwritten on disk when it has resolved. @returns how many */
  forget(isMeant: (answer: string) => boolean): Promise<number>;
}
