import { createHmac } from 'node:crypto';
import { createSealer, makeKeyBytes } from '../../shared/sealing.ts';
import { openStores, type StoreKeys, type Stores } from '../sqlite/open-stores.ts';

/**
 * Stores that keep everything in memory until they are closed: the very code of the real ones over `:memory:`
 * databases, for tests and experiments.
 *
 * @param clock now, in ms since 1970
 */
export function openMemoryStores(clock: () => number = Date.now): Promise<Stores> {
  return openStores({ dataDir: ':memory:', clock, keys: passingKeys() });
}

/** Keys that are forgotten with the process; what they seal cannot be read afterwards. */
export function passingKeys(): StoreKeys {
  const key = makeKeyBytes();
  return {
    sealer: () => createSealer(key),
    mac: (_name, content) => createHmac('sha256', key).update(content).digest(),
  };
}
