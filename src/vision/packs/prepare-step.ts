/** What a step of preparation gets. */
export interface PrepareInput {
  /** A file of the pack, verified. */
  load(file: string): Promise<Uint8Array>;
  /** Told how far it is, in whatever the step counts. */
  onProgress(done: number, total: number): void;
  readonly signal: AbortSignal;
}

/**
 * Makes of a pack's files what the server uses of them, once after the install: vectors of labels, for example.
 * Its products are recorded with their digests in pack.json, and loaded as the pack's files are.
 */
export interface PrepareStep {
  /** Said while it runs: `Computing label vectors`. */
  readonly title: string;
  /**
   * All that the products depend on beside the pack's files, as a text or a digest: the label table, a version of the
   * step. When it changes, the products are out of date and the step runs again.
   */
  dependsOn(): string;
  /** @returns the products by name: letters, digits, dots and dashes, none of them a file of the pack */
  run(input: PrepareInput): Promise<ReadonlyMap<string, Uint8Array>>;
}
