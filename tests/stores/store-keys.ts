import { createHmac } from 'node:crypto';
import { createSealer } from '../../src/shared/sealing.ts';
import type { StoreKeys } from '../../src/stores/index.ts';

const key = new Uint8Array(32).fill(7);

/** Keys that are the same in every process: face-writer.mjs, which is killed while it writes, has them too. */
export const storeKeys: StoreKeys = {
  sealer: () => createSealer(key),
  mac: (_name, content) => createHmac('sha256', key).update(content).digest(),
};
