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
    const order = Uint16Array.from({ length: dimensions }, (_, i) => i);
    for (let i = dimensions - 1; i > 0; i--) {
      const j = Math.floor(draw() * (i + 1));
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
    const angles = Float64Array.from({ length: pairs }, () => 2 * Math.PI * draw());
    rounds.push({ order, cosines: angles.map(Math.cos), sines: angles.map(Math.sin) });
  }

  const requireLength = (vector: Float32Array): void => {
    if (vector.length !== dimensions) {
      throw new RangeError(`a vector of ${vector.length} numbers in a rotation of ${dimensions}`);
    }
  };
  return {
    dimensions,
    turn(template) {
      requireLength(template);
      let from = Float64Array.from(template, (value) => sign * value);
      let to = new Float64Array(dimensions);
      for (const { order, cosines, sines } of rounds) {
        for (let i = 0; i < dimensions; i++) to[i] = from[order[i] ?? 0] ?? 0;
        turnPairs(to, cosines, sines, 1);
        [from, to] = [to, from];
      }
      return Float32Array.from(from);
    },
    turnBack(turned) {
      requireLength(turned);
      let from = Float64Array.from(turned);
      let to = new Float64Array(dimensions);
      for (let r = rounds.length - 1; r >= 0; r--) {
        const round = rounds[r];
        if (round === undefined) continue;
        turnPairs(from, round.cosines, round.sines, -1);
        for (let i = 0; i < dimensions; i++) to[round.order[i] ?? 0] = from[i] ?? 0;
        [from, to] = [to, from];
      }
      return Float32Array.from(from, (value) => sign * value);
    },
  };
}

function turnPairs(vector: Float64Array, cosines: Float64Array, sines: Float64Array, direction: 1 | -1): void {
  for (let i = 0; i < cosines.length; i++) {
    const cosine = cosines[i] ?? 1;
    const sine = direction * (sines[i] ?? 0);
    const a = vector[2 * i] ?? 0;
    const b = vector[2 * i + 1] ?? 0;
    vector[2 * i] = cosine * a - sine * b;
    vector[2 * i + 1] = sine * a + cosine * b;
  }
}

/** 32-bit numbers from a secret: the key stream of AES-256 in counter mode. */
function randomNumbers(secret: Uint8Array, dimensions: number, count: number): readonly number[] {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `likeness rotation ${dimensions}`, 32));
  const bytes = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(4 * count));
  return Array.from({ length: count }, (_, i) => bytes.readUInt32LE(4 * i));
}
