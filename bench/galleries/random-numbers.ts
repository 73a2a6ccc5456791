const LEVELS = 1 << 16;

/**
 * Random numbers that a seed and a number give, the same on every machine and in any order: what was drawn for one
 * template can be drawn again without drawing those before it.
 *
 * @source xoroshiro64**, D. Blackman and S. Vigna, public domain
 */
export class Draws {
  #a = 1;
  #b = 1;

  /** Begins the stream of a number. */
  begin(seed: number, number: number, stream = 0): void {
    this.#a = mix((number ^ mix(seed ^ 0x9e37_79b9)) >>> 0);
    this.#b = mix((number + 0x85eb_ca6b + Math.imul(stream, 0xc2b2_ae35) + mix(seed)) >>> 0);
    if ((this.#a | this.#b) === 0) this.#b = 1;
    this.bits();
  }

  /** 32 random bits, signed. */
  bits(): number {
    const a = this.#a;
    const b = this.#b ^ a;
    const scrambled = Math.imul(a, 0x9e37_79bb);
    this.#a = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9);
    this.#b = (b << 13) | (b >>> 19);
    return Math.imul((scrambled << 5) | (scrambled >>> 27), 5);
  }

  /** 0 <= x < 1. */
  uniform(): number {
    return (this.bits() >>> 0) / 2 ** 32;
  }
}

/** Spreads every bit over all; prospector's hash by C. Wellons. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d);
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b);
  return x ^ (x >>> 16);
}

/** Normal deviates by 16 random bits, `[65536]`: drawing one is a look-up; none is further out than 4.3. */
export function normalTable(): Float32Array {
  return Float32Array.from({ length: LEVELS }, (_, i) => normalQuantile((i + 0.5) / LEVELS));
}

/**
 * The inverse of the normal distribution, to 1.2e-9.
 *
 * @param p 0 < p < 1
 * @source P. J. Acklam, An algorithm for computing the inverse normal cumulative distribution function
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return (
      horner(
        q,
        [-7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968],
        2.938163982698783,
      ) / horner(q, [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416], 1)
    );
  }
  const q = p - 0.5;
  const r = q * q;
  const above = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716];
  const below = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  return (q * horner(r, above, 2.506628277459239)) / horner(r, below, 1);
}

function horner(x: number, coefficients: readonly number[], last: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0) * x + last;
}
