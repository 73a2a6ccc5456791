import { openStores, type Stores } from '../sqlite/open-stores.ts';

/**
 * Stores that keep everything in memory until they are closed: the very code of the real ones over `:memory:`
 * databases, for tests and experiments.
 *
 * @param clock now, in ms since 1970
 */
export function openMemoryStores(clock: () => number = Date.now): Promise<Stores> {
  return openStores({ dataDir: ':memory:', clock });
}
