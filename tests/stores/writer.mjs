import { createHmac } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createSealer } from '../../dist/shared/sealing.js';

/** Says words in a line of its own, at once: who is killed afterwards has said it. */
export const say = (...words) => writeSync(1, `${words.join(' ')}\n`);

/** Numbers in 0..1 from a seed. */
export function numbersFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

// Those of store-keys.ts, so that the test can open what a writer has left.
const key = new Uint8Array(32).fill(7);
export const keys = {
  sealer: () => createSealer(key),
  mac: (_name, content) => createHmac('sha256', key).update(content).digest(),
};
