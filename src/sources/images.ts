/** Where an image comes from, in our own words. */
export type ImageReference =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string; readonly version?: string };

/** Why an object could not be read. */
export type SourceFault = 'not-found' | 'not-allowed' | 'too-large' | 'unavailable';

/** An object that cannot be read from its bucket. The message never holds a path outside the bucket. */
export class SourceError extends Error {
  readonly fault: SourceFault;

  constructor(fault: SourceFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SourceError';
    this.fault = fault;
  }
}

/** Reads image files from buckets. */
export interface ObjectReader {
  /**
   * Reads a whole object.
   *
   * @param limitBytes a longer object is refused, before it is in memory
   * @throws {SourceError}
   */
  read(
    object: { bucket: string; key: string; version?: string },
    limitBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}
