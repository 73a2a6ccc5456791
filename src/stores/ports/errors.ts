/** The codes of {@link StoreError}. */
export type StoreErrorCode =
  | 'collection-exists'
  | 'collection-not-found'
  | 'collection-full'
  | 'face-exists'
  | 'tag-limit'
  | 'user-exists'
  | 'user-not-found'
  | 'user-full'
  | 'user-changed'
  | 'model-changed'
  | 'staging-exists'
  | 'staging-not-found'
  | 'staging-incomplete'
  | 'corrupt'
  | 'index-full'
  | 'does-not-fit'
  | 'disk-full'
  | 'locked'
  | 'newer-schema'
  | 'closed';

/** What a store could not do, by code; the message is for the operator. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
