const everyMs = 10 * 60_000;

/**
 * Closes and forgets what has run out, now and every ten minutes. Nothing hangs on it: what has run out is treated so
 * at once, whether it was swept or not.
 *
 * @param what is swept, in the plural, for the notice
 * @returns stops it, after the sweep that runs
 */
export function startSweep(
  room: { sweep(): Promise<void> },
  what: string,
  notice: (notice: string) => void,
): () => Promise<void> {
  const sweep = async (): Promise<void> => {
    try {
      await room.sweep();
    } catch (error) {
      notice(`${what} could not be swept and will be again in ten minutes: ${String(error)}`);
    }
  };
  let running = sweep();
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
