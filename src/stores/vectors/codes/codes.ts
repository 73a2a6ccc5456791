const LANES = 64;
const LARGEST_HIGH = 127;
/** Steps of the fine code in one of the coarse. */
const FINE_BITS = 8;
const FINE = 2 ** FINE_BITS;
const LARGEST_CODE = LARGEST_HIGH * FINE;
const BYTES_PER_ID = 16;

/** Dimensions of a code: the next multiple of 64. */
export function paddedDimensions(dimensions: number): number {
  return Math.ceil(dimensions / LANES) * LANES;
}

/** Bytes that a vector takes in a block: two planes, a scale and an id. */
export function bytesPerCode(dimensions: number): number {
  return 2 * paddedDimensions(dimensions) + Float32Array.BYTES_PER_ELEMENT + BYTES_PER_ID;
}

/** Where the parts of a block of `capacity` codes begin, in bytes; the high plane comes first. */
export function partsOf(
  capacity: number,
  dimensions: number,
): { low: number; scales: number; ids: number; end: number } {
  const plane = capacity * paddedDimensions(dimensions);
  const scales = 2 * plane;
  const ids = scales + capacity * Float32Array.BYTES_PER_ELEMENT;
  return { low: plane, scales, ids, end: ids + capacity * BYTES_PER_ID };
}

/** A probe in the forms that the two planes take. */
export interface CodeQuery {
  /** `[padded dimensions]`: the probe over `step`, for the kernel. */
  readonly numbers: Int16Array;
  readonly step: number;
  /** Times a code's scale: how far its score by the high plane may be from the truth. */
  readonly slack: number;
  /** Times a code's scale: how far its score by both planes may be. */
  readonly fineSlack: number;
  /** What a score lacks of the truth: the probe's product with the mean that no code holds. */
  readonly offset: number;
}

/**
 * A vector as two planes of one byte a dimension: `vector = mean + scale * (high + low / 256) + error`. A scan reads the
 * high plane alone; the low one tells of what is left how it compares. The mean of the first vectors is taken off because
 * templates have much in common (their first dimension is near .85 for everyone), which would cost the code its
 * precision. How long an error may be is kept with the codes, so that a scan can tell which vectors may reach a score,
 * and leaves out none that does.
 *
 * Others were measured (`npm run bench:search -- --only alternatives --sizes 200_000`, one thread): at similarity 80 this
 * takes 4.5 ms, four bits a dimension 3.5, the first 64 numbers of a principal basis with a bound on the rest 2.7; for
 * the best 4096 these two orders turn round (8.5 against 11.9 for the last). Sign bits with a certain bound leave 66 % to
 * score, RaBitQ's at five deviations 11 % and is not certain, clusters 99.98 %. A principal basis would have to be learned
 * of each collection and learned again as it grows; this needs nothing but a mean.
 */
export class Coder {
  readonly dimensions: number;
  readonly padded: number;
  readonly mean: Float32Array;
  /** Lengths, in scales: of the longest error of the high planes, of the longest high plane, of the longest error of both. */
  readonly #bounds: [number, number, number] = [0, 0, 0];

  /** @param mean `[dimensions]`, of the vectors that come or of some of them */
  constructor(mean: Float32Array) {
    this.mean = mean;
    this.dimensions = mean.length;
    this.padded = paddedDimensions(mean.length);
  }

  /** What all codes so far keep to; for {@link Coder.widen} of another coder of the same mean. */
  get bounds(): readonly number[] {
    return this.#bounds;
  }

  /** @throws {RangeError} when these are no bounds */
  widen(bounds: readonly number[]): void {
    if (bounds.length !== 3 || !bounds.every((bound) => bound >= 0 && Number.isFinite(bound))) {
      throw new RangeError('three lengths are needed');
    }
    for (const [i, bound] of bounds.entries()) this.#bounds[i] = Math.max(this.#bounds[i] as number, bound);
  }

  /**
   * @param high @param low the code's bytes in the two planes, `[padded]`, zero beyond the dimensions
   * @returns its scale, or 0 when the vector is the mean itself
   */
  encode(vector: Float32Array, high: Int8Array, low: Int8Array): number {
    const { dimensions, mean } = this;
    let largest = 0;
    for (let i = 0; i < dimensions; i++) {
      const size = Math.abs((vector[i] as number) - (mean[i] as number));
      if (size > largest) largest = size;
    }
    const scale = Math.fround(largest / LARGEST_HIGH);
    if (scale === 0) {
      high.fill(0);
      low.fill(0);
      return 0;
    }
    let error = 0;
    let length = 0;
    let fineError = 0;
    // In steps of the fine code, and whole numbers as such: six tenths of the time of dividing and rounding doubles.
    const steps = FINE / scale;
    for (let i = 0; i < dimensions; i++) {
      const exact = ((vector[i] as number) - (mean[i] as number)) * steps;
      let code = exact < 0 ? (exact - 0.5) | 0 : (exact + 0.5) | 0;
      if (code > LARGEST_CODE) code = LARGEST_CODE;
      else if (code < -LARGEST_CODE) code = -LARGEST_CODE;
      const coarse = (code + FINE / 2) >> FINE_BITS;
      high[i] = coarse;
      low[i] = code - (coarse << FINE_BITS);
      const off = exact - (coarse << FINE_BITS);
      const fineOff = exact - code;
      error += off * off;
      length += coarse * coarse;
      fineError += fineOff * fineOff;
    }
    const bounds = this.#bounds;
    bounds[0] = Math.max(bounds[0], Math.sqrt(error) / FINE);
    bounds[1] = Math.max(bounds[1], Math.sqrt(length));
    bounds[2] = Math.max(bounds[2], Math.sqrt(fineError) / FINE);
    return scale;
  }

  /** Puts a probe into the forms of the planes, for the codes that stand now. */
  query(probe: Float32Array): CodeQuery {
    const { padded, dimensions } = this;
    const [longestError, longestCode, longestFineError] = this.#bounds;
    let largest = 0;
    let length = 0;
    let offset = 0;
    for (let i = 0; i < dimensions; i++) {
      const value = probe[i] as number;
      largest = Math.max(largest, Math.abs(value));
      length += value * value;
      offset += value * (this.mean[i] as number);
    }
    length = Math.sqrt(length);
    // As fine as 16 bits and a sum in 32 bits allow.
    const finest = Math.min(32_767, Math.floor((2 ** 31 - 1) / (LARGEST_HIGH * padded)));
    const step = Math.fround(largest / finest) || 1;
    const numbers = new Int16Array(padded);
    let error = 0;
    for (let i = 0; i < dimensions; i++) {
      const exact = (probe[i] as number) / step;
      numbers[i] = Math.max(-finest, Math.min(finest, Math.round(exact)));
      error += (exact - (numbers[i] as number)) ** 2;
    }
    // Cauchy and Schwarz for both roundings; the last term is for what float32 loses, ten times over.
    const slack = longestError * length + longestCode * Math.sqrt(error) * step + 1e-6 * longestCode * length;
    // Double precision loses less than a millionth of the fine code's own error.
    const fineSlack = longestFineError * length * (1 + 1e-6) + 1e-12 * longestCode * length;
    return { numbers, step, slack: Math.fround(slack * (1 + 1e-6)), fineSlack, offset };
  }
}

/**
 * A code's score by both planes; never further from the truth than its scale times the query's `fineSlack`.
 *
 * @param codes a block @param at where the code begins in the high plane @param low where the low plane begins
 */
export function fineScore(
  codes: Int8Array,
  at: number,
  low: number,
  scale: number,
  probe: Float32Array,
  query: CodeQuery,
): number {
  let high = 0;
  let fine = 0;
  for (let i = 0; i < probe.length; i++) {
    const value = probe[i] as number;
    high += value * (codes[at + i] as number);
    fine += value * (codes[low + at + i] as number);
  }
  return query.offset + scale * (high + fine / FINE);
}
