const everyMs = 10 * 60_000;

/**
 * Closes and forgets review cases as they run out, now and every ten minutes. Nothing hangs on it: a case that has
 * run out is treated so at once, whether it was swept or not.
 *
 * @returns stops it, after the sweep that runs
 */
export function startReviewSweep(
  desk: { sweep(): Promise<void> },
  notice: (notice: string) => void,
): () => Promise<void> {
  const sweep = async (): Promise<void> => {
    try {
      await desk.sweep();
    } catch (error) {
      notice(`review cases could not be swept and will be again in ten minutes: ${String(error)}`);
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
