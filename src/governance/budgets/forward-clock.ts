/**
 * A clock that never goes back: one that is turned back stands still until it has caught up, so that no hour begins
 * twice.
 *
 * @param floorMs where it starts at the earliest, such as the time of the last audit record
 */
export function createForwardClock(clock: () => number, floorMs = 0): () => number {
  let latestMs = floorMs;
  return () => {
    latestMs = Math.max(latestMs, clock());
    return latestMs;
  };
}
