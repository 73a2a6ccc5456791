/** Who calls: what the edge found behind a verified signature, or the local process itself. */
export interface Caller {
  readonly accessKeyId: string;
  /** The person the key belongs to; decisions and audit count persons, not keys. */
  readonly person: string;
  readonly operations: readonly string[] | '*';
  readonly collections: readonly string[] | '*';
  /** At least one; the first is the purpose of calls without a collection. */
  readonly purposes: readonly string[];
}
