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

/** A file that could not be had, or that isn't the one that is pinned. What came so far is kept where it can be gone on with. */
export class PackFetchError extends Error {
  override readonly name = 'PackFetchError';

  constructor(
    readonly source: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${source}: ${reason}`, options);
  }
}

/** A pack some of whose files nobody has pinned: this release knows no digest, and the operator gave none. */
export class PackUnpinnedError extends Error {
  override readonly name = 'PackUnpinnedError';

  constructor(
    readonly packId: string,
    /** The files, with the digest of what was brought where something was. */
    readonly files: readonly { readonly path: string; readonly url?: string | undefined; readonly found?: string }[],
  ) {
    const options = files.map(({ path, found }) => `--sha256 ${path}=${found ?? '<SHA-256>'}`).join(' ');
    const brought = files.some(({ found }) => found !== undefined);
    super(
      `Pack ${packId} is not installed: this release does not know the SHA-256 of ${files.map(({ path }) => path).join(', ')}, ` +
        'so you have to vouch for it. ' +
        (brought
          ? `Compare the digest of what you brought with the one its makers publish, then add ${options}`
          : `Take the digest from where its makers publish it (${[...new Set(files.flatMap(({ url }) => (url === undefined ? [] : new URL(url).host)))].join(', ')}), then add ${options}`),
    );
  }
}

/** A pack whose licence was not accepted. */
export class PackLicenceNotAcceptedError extends Error {
  override readonly name = 'PackLicenceNotAcceptedError';

  constructor(
    readonly packId: string,
    readonly licence: string,
  ) {
    super(
      `Pack ${packId} is not installed: its licence (${licence}) was not accepted. Read it, and add --accept-licence if you do.`,
    );
  }
}

/** Another process installs or removes this pack at this moment. */
export class PackBusyError extends Error {
  override readonly name = 'PackBusyError';

  constructor(readonly packId: string) {
    super(`Pack ${packId} is being installed or removed by another process. Try again when it is done.`);
  }
}

/** A way of installing that doesn't go with the pack: a file that it hasn't, a digest twice, a folder without its files. */
export class PackUsageError extends Error {
  override readonly name = 'PackUsageError';
}
