/** The recipe's constants or calibration on disk are not what their own header says. */
export class RecipeCorruptError extends Error {
  readonly file: string;

  constructor(file: string, reason: string, options?: { cause?: unknown }) {
    super(`data/${file} can't be used: ${reason}; restore it from the package or run npm run train:recipe`, options);
    this.name = 'RecipeCorruptError';
    this.file = file;
  }
}
