/** What the exit code of `likeness` says to a script. */
export const exitCodes = {
  ok: 0,
  /** Something failed; standard error says what. */
  failed: 1,
  /** The command line or the configuration cannot be used. */
  usage: 2,
  /** A rule refused it (AccessDeniedException). */
  refused: 3,
  /** What it names does not exist. */
  notFound: 4,
  /** A part was done, the rest failed: see the list of failures. */
  partly: 5,
  /** Busy or locked: the same command may work later. */
  tryLater: 75,
  /** Stopped by Ctrl-C; what was done is done. */
  interrupted: 130,
} as const;

/** The table of the help text. */
export const exitCodesHelp = `
Exit codes:
  0 done   1 failed   2 wrong usage or configuration   3 refused by a rule
  4 not found   5 partly done   75 busy, try later   130 interrupted`;

/** An error with a name and maybe a code, as the AWS SDK, the library and the stores throw them. */
interface Named {
  readonly name?: unknown;
  readonly code?: unknown;
}

/** The exit code that fits an error. */
export function exitCodeOf(error: unknown): number {
  const { name, code } = (error ?? {}) as Named;
  if (name === 'AbortError') return exitCodes.interrupted;
  if (name === 'ConfigError' || name === 'UsageError') return exitCodes.usage;
  if (name === 'PackUsageError' || name === 'PackUnpinnedError') return exitCodes.usage;
  if (name === 'PackLicenceNotAcceptedError') return exitCodes.refused;
  if (name === 'PackBusyError') return exitCodes.tryLater;
  if (name === 'AccessDeniedException') return exitCodes.refused;
  if (name === 'ResourceNotFoundException') return exitCodes.notFound;
  if (name === 'ThrottlingException' || name === 'ProvisionedThroughputExceededException') return exitCodes.tryLater;
  if (name === 'StoreError' && code === 'locked') return exitCodes.tryLater;
  return exitCodes.failed;
}

/** A command line that cannot be used; the message says what to write instead. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
