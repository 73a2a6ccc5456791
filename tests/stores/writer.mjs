import { createHmac } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createSealer } from '../../dist/shared/sealing.js';

const clock = new Int32Array(new SharedArrayBuffer(4));

/**
 * Says words in a line of its own, at once: who is killed afterwards has said it. Waits while the pipe is full, as a
 * writer that ended by itself would end the test's load.
 */
export function say(...words) {
  const line = Buffer.from(`${words.join(' ')}\n`);
  for (let said = 0; said < line.length; ) {
    try {
      said += writeSync(1, line, said);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(clock, 0, 0, 1);
    }
  }
}

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
