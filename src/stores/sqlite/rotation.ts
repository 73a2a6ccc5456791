import { createCipheriv, hkdfSync } from 'node:crypto';

/** A secret orthogonal transform: dot products of what was turned are those of what was given, to float32's rounding. */
export interface Rotation {
  readonly dimensions: number;
  /** @param template of the rotation's dimensions */
  turn(template: Float32Array): Float32Array;
  /** Undoes {@link Rotation.turn}. */
  turnBack(turned: Float32Array): Float32Array;
}

interface Round {
  /** Where each number of the result comes from. */
  readonly order: Uint16Array;
  /** Of the angle by which the pair (2i, 2i+1) is turned. */
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/**
 * Rounds until every number of the result hangs on every number of the input several times over: a round joins two,
 * so log2(d) rounds join all.
 */
function roundsFor(dimensions: number): number {
  return dimensions === 1 ? 0 : 2 * Math.ceil(Math.log2(dimensions)) + 6;
}

/**
 * Draws a rotation from a secret: rounds of a random order followed by random turns of neighbouring pairs (Givens
 * rotations), O(d log d) instead of a matrix's d^2. The same secret gives the same rotation on every machine.
 *
 * It makes stored vectors of two collections unlinkable to who lacks the secrets. It does not make them irreversible:
 * who holds the secret turns them back, and so does who knows as many templates with their turned vectors as there
 * are dimensions.
 *
 * @param secret 32 bytes
 * @param dimensions 1..4096
 */
export function drawRotation(secret: Uint8Array, dimensions: number): Rotation {
  const rounds: Round[] = [];
  const count = roundsFor(dimensions);
  const pairs = dimensions >> 1;
  const numbers = randomNumbers(secret, dimensions, 1 + count * (dimensions + pairs));
  let next = 0;
  /** 0 <= x < 1, in steps of 2^-32. */
  const draw = (): number => (numbers[next++] ?? 0) / 2 ** 32;
  const sign = draw() < 0.5 ? -1 : 1;
  for (let round = 0; round < count; round++) {
    const order = new Uint16Array(dimensions);
    for (let i = 0; i < dimensions; i++) order[i] = i;
    for (let i = dimensions - 1; i > 0; i--) {
      const j = Math.floor(draw() * (i + 1));
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
    const cosines = new Float64Array(pairs);
    const sines = new Float64Array(pairs);
    for (let i = 0; i < pairs; i++) {
      const angle = 2 * Math.PI * draw();
      cosines[i] = Math.cos(angle);
      sines[i] = Math.sin(angle);
    }
    rounds.push({ order, cosines, sines });
  }

  const requireLength = (vector: Float32Array): void => {
    if (vector.length !== dimensions) {
      throw new RangeError(`a vector of ${vector.length} numbers in a rotation of ${dimensions}`);
    }
  };
  const signed = (vector: Float64Array): Float32Array => {
    const result = new Float32Array(vector);
    if (sign < 0) for (let i = 0; i < dimensions; i++) result[i] = -(result[i] ?? 0);
    return result;
  };
  return {
    dimensions,
    turn(template) {
      requireLength(template);
      let from = new Float64Array(template);
      let to = new Float64Array(dimensions);
      for (const { order, cosines, sines } of rounds) {
        for (let i = 0; i < pairs; i++) {
          const a = from[order[2 * i] ?? 0] ?? 0;
          const b = from[order[2 * i + 1] ?? 0] ?? 0;
          const cosine = cosines[i] ?? 1;
          const sine = sines[i] ?? 0;
          to[2 * i] = cosine * a - sine * b;
          to[2 * i + 1] = sine * a + cosine * b;
        }
        // Of an odd number of dimensions the last has no partner in this round.
        if (2 * pairs < dimensions) to[2 * pairs] = from[order[2 * pairs] ?? 0] ?? 0;
        [from, to] = [to, from];
      }
      return signed(from);
    },
    turnBack(turned) {
      requireLength(turned);
      let from = new Float64Array(turned);
      let to = new Float64Array(dimensions);
      for (const { order, cosines, sines } of rounds.toReversed()) {
        for (let i = 0; i < pairs; i++) {
          const a = from[2 * i] ?? 0;
          const b = from[2 * i + 1] ?? 0;
          const cosine = cosines[i] ?? 1;
          const sine = sines[i] ?? 0;
          to[order[2 * i] ?? 0] = cosine * a + sine * b;
          to[order[2 * i + 1] ?? 0] = cosine * b - sine * a;
        }
        if (2 * pairs < dimensions) to[order[2 * pairs] ?? 0] = from[2 * pairs] ?? 0;
        [from, to] = [to, from];
      }
      return signed(from);
    },
  };
}

/** 32-bit numbers from a secret: the key stream of AES-256 in counter mode, read as little-endian. */
function randomNumbers(secret: Uint8Array, dimensions: number, count: number): Uint32Array {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `likeness rotation ${dimensions}`, 32));
  const bytes = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(4 * count));
  const numbers = new Uint32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = bytes.readUInt32LE(4 * i);
  return numbers;
}
