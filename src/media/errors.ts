/** Why an image could not be used. `unsupported-heic` is its own kind, so that the answer can name the missing decoder. */
export type ImageFault =
  | 'unrecognised'
  | 'truncated'
  | 'unsupported-heic'
  | 'too-many-bytes'
  | 'too-many-pixels'
  | 'too-small';

/** An image that cannot be decoded, or breaks a limit. */
export class ImageError extends Error {
  readonly fault: ImageFault;

  constructor(fault: ImageFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ImageError';
    this.fault = fault;
  }
}
