/**
 * Why an image could not be used.
 *
 * - `unrecognised`: the bytes begin like no supported format (SVG, PDF, an empty file, noise).
 * - `truncated`: the format is supported, but the file ends early or is damaged.
 * - `unsupported-heic`: its own kind, so that the answer can name the missing decoder.
 * - `too-many-bytes`, `too-many-pixels`, `too-small`: the file breaks one of the limits.
 */
export type ImageFault =
  | 'unrecognised'
  | 'truncated'
  | 'unsupported-heic'
  | 'too-many-bytes'
  | 'too-many-pixels'
  | 'too-small';

/** An image that cannot be decoded, or breaks a limit. The message may reach the caller: it holds sizes and format names only. */
export class ImageError extends Error {
  readonly fault: ImageFault;

  constructor(fault: ImageFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ImageError';
    this.fault = fault;
  }
}
