/** The file of attribute probes that comes with Likeness is not what its header says. */
export class ProbesCorruptError extends Error {
  readonly file: string;

  constructor(file: string, reason: string, options?: { cause?: unknown }) {
    super(`data/${file} can't be used: ${reason}`, options);
    this.name = 'ProbesCorruptError';
    this.file = file;
  }
}
