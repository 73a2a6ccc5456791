/** Names a face model version that this server does not have. */
export class UnknownFaceModelError extends Error {
  readonly modelVersion: string;

  constructor(modelVersion: string, options?: { cause?: unknown }) {
    super(`the face model version ${modelVersion} is not known to this server`, options);
    this.name = 'UnknownFaceModelError';
    this.modelVersion = modelVersion;
  }
}

/** Asks for similarities of a face model that nobody has measured here: a similarity is a false-match rate, or nothing. */
export class UncalibratedFaceModelError extends Error {
  override readonly name = 'UncalibratedFaceModelError';

  constructor(readonly modelVersion: string) {
    super(
      `The face model ${modelVersion} is not calibrated here, so its similarities would mean nothing. Measure it on labelled pairs: npm run calibrate:faces -- --pairs <pairs.tsv> --images <folder>, then start the server again.`,
    );
  }
}

/** The inference workers' queue is full: the caller should come again later. */
export class VisionBusyError extends Error {
  constructor(options?: { cause?: unknown }) {
    super('every inference worker is busy and the queue is full', options);
    this.name = 'VisionBusyError';
  }
}

/** A worker died, or took longer than allowed, while it worked on this image; the next one is served by a fresh worker. */
export class VisionFailedError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'VisionFailedError';
  }
}

/** Asks for an optional pack that is not installed here, or not prepared. */
export class PackMissingError extends Error {
  override readonly name = 'PackMissingError';

  constructor(
    readonly packId: string,
    options?: { cause?: unknown },
  ) {
    super(
      `The pack ${packId} is not installed here, or not prepared: \`likeness models pull ${packId}\` sees to it.`,
      options,
    );
  }
}
