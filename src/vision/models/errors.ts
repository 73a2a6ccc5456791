/** A model's source file that can't be what its manifest says it is: a missing weight, an unknown operation. */
export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError';
}

/** A model name that the manifest doesn't know. */
export class UnknownModelError extends Error {
  override readonly name = 'UnknownModelError';

  constructor(readonly id: string) {
    super(`There is no model "${id}" in the manifest. \`likeness models list\` shows those there are.`);
  }
}

/** A model that isn't in the cache. */
export class ModelMissingError extends Error {
  override readonly name = 'ModelMissingError';

  constructor(
    readonly id: string,
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(`Model ${id} is not at ${path}. Fetch it with \`likeness models pull\`.`, options);
  }
}

/** A file whose SHA-256 isn't the manifest's: damaged or tampered with, never used. */
export class ModelCorruptError extends Error {
  override readonly name = 'ModelCorruptError';

  constructor(
    readonly id: string,
    readonly path: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      `Model ${id} is refused: ${path} has SHA-256 ${actual}, expected ${expected}. ` +
        'Fetch it afresh with `likeness models pull`.',
    );
  }
}

/** A package that could not be fetched, or that isn't the one the manifest pins. */
export class ModelFetchError extends Error {
  override readonly name = 'ModelFetchError';

  constructor(
    readonly packageSpec: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${packageSpec}: ${reason}`, options);
  }
}

/** A model whose licence does not allow what this server is run for. */
export class ModelLicenceError extends Error {
  override readonly name = 'ModelLicenceError';

  constructor(
    readonly id: string,
    readonly licence: string,
    options?: ErrorOptions,
  ) {
    super(
      `Model ${id} is refused: its licence (${licence}) does not allow commercial use, and this deployment is commercial. ` +
        'Choose another model, or set LIKENESS_DEPLOYMENT=non-commercial if that is what this server is run for.',
      options,
    );
  }
}
