/** A pack id that data/packs.json doesn't know. */
export class UnknownPackError extends Error {
  override readonly name = 'UnknownPackError';

  constructor(readonly packId: string) {
    super(`There is no pack "${packId}". \`likeness models list\` shows those there are.`);
  }
}

/** An installed pack that isn't what its record or the manifest says: damaged or tampered with, never used. */
export class PackCorruptError extends Error {
  override readonly name = 'PackCorruptError';

  constructor(
    readonly packId: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Pack ${packId} is refused: ${reason}. Install it afresh with \`likeness models pull ${packId}\`.`, options);
  }
}
