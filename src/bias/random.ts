/**
 * A small random generator that gives the same numbers on every machine.
 *
 * @param seed a whole number; its low 32 bits count
 * @returns numbers in [0, 1)
 * @source mulberry32, public domain
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}
