import type { Matrix } from '../../../evals/train/matrix.ts';
import { rowOf } from '../../../evals/train/matrix.ts';
import { seededRandom } from '../../shared/stats.ts';
import type { Basis } from './basis.ts';

/** A filter that is not worth a kernel unless its bound leaves little: what share of vectors it leaves is counted. */
export interface Bound {
  readonly name: string;
  readonly bytesPerVector: number;
  readonly isExact: boolean;
  /** The share of vectors that may reach a score, 0..1. */
  shareLeft(probe: Float32Array, least: number): number;
}

/**
 * One sign bit a coordinate and two lengths. `exact` counts with all that the part across the signs may add, `likely`
 * with five standard deviations of it, as if it had no direction.
 *
 * @source RaBitQ, Gao and Long, SIGMOD 2024
 */
export function signBits(vectors: Matrix<Float32Array>, basis: Basis): { exact: Bound; likely: Bound } {
  const n = vectors.columns;
  const across = n - 1;
  const middle = new Float64Array(n);
  basis.turn(basis.mean, middle);
  const signs = new Int8Array(vectors.rows * across);
  const firsts = new Float64Array(vectors.rows);
  const lengths = new Float64Array(vectors.rows);
  const alongs = new Float64Array(vectors.rows);
  const x = new Float64Array(n);
  for (let r = 0; r < vectors.rows; r++) {
    basis.turn(rowOf(vectors, r), x);
    firsts[r] = (x[0] as number) - (middle[0] as number);
    let squares = 0;
    let sizes = 0;
    for (let i = 0; i < across; i++) {
      const value = (x[i + 1] as number) - (middle[i + 1] as number);
      signs[r * across + i] = value < 0 ? -1 : 1;
      squares += value * value;
      sizes += Math.abs(value);
    }
    lengths[r] = Math.sqrt(squares);
    alongs[r] = sizes / Math.sqrt(across) / Math.sqrt(squares);
  }
  const shareLeft = (likely: boolean) => (probe: Float32Array, least: number) => {
    const q = new Float64Array(n);
    basis.turn(probe, q);
    const offset = q.reduce((sum, value, i) => sum + value * (middle[i] as number), 0);
    const length = Math.hypot(...q.subarray(1));
    let left = 0;
    for (let r = 0; r < vectors.rows; r++) {
      let sum = 0;
      for (let i = 0; i < across; i++) sum += (q[i + 1] as number) * (signs[r * across + i] as number);
      sum /= Math.sqrt(across);
      const along = alongs[r] as number;
      const missing = Math.sqrt(1 - along * along);
      // The estimator divides by how much of the vector the signs are; the other only knows what they are.
      const score = (lengths[r] as number) * (likely ? sum / along : sum * along);
      const acrossSigns = Math.sqrt(Math.max(0, length * length - sum * sum));
      const reach = (lengths[r] as number) * acrossSigns * missing;
      const allowed = likely ? (5 * reach) / along / Math.sqrt(across - 1) : reach;
      if (offset + (q[0] as number) * (firsts[r] as number) + score + allowed >= least) left++;
    }
    return left / vectors.rows;
  };
  return {
    exact: {
      name: 'sign bits, exact bound',
      bytesPerVector: n / 8 + 12,
      isExact: true,
      shareLeft: shareLeft(false),
    },
    likely: {
      name: 'sign bits, five standard deviations (RaBitQ)',
      bytesPerVector: n / 8 + 12,
      isExact: false,
      shareLeft: shareLeft(true),
    },
  };
}

/**
 * Clusters of a sample and each vector's distance from its cluster's middle: a whole cluster, and in it each vector, is
 * left out where the triangle inequality shows that it is too far from the probe.
 */
export function clusters(vectors: Matrix<Float32Array>, count: number): Bound {
  const n = vectors.columns;
  const middles = kMeans(vectors, count);
  const nearest = new Int32Array(vectors.rows);
  const distances = new Float64Array(vectors.rows);
  const squares = new Float64Array(vectors.rows);
  for (let r = 0; r < vectors.rows; r++) {
    const row = rowOf(vectors, r);
    const { cluster, distance } = nearestOf(middles, row);
    nearest[r] = cluster;
    distances[r] = distance;
    squares[r] = row.reduce((sum, x) => sum + x * x, 0);
  }
  return {
    name: `${count} clusters, triangle inequality`,
    bytesPerVector: 8,
    isExact: true,
    shareLeft(probe, least) {
      const own = probe.reduce((sum, x) => sum + x * x, 0);
      const toMiddle = middles.map((middle) => {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += ((probe[i] as number) - (middle[i] as number)) ** 2;
        return Math.sqrt(sum);
      });
      let left = 0;
      for (let r = 0; r < vectors.rows; r++) {
        const atLeast = Math.abs((toMiddle[nearest[r] as number] as number) - (distances[r] as number));
        // A product is half of what both squared lengths have over the squared distance.
        if ((own + (squares[r] as number) - atLeast * atLeast) / 2 >= least) left++;
      }
      return left / vectors.rows;
    },
  };
}

function kMeans(vectors: Matrix<Float32Array>, count: number): Float32Array[] {
  const random = seededRandom(17);
  const sample = Array.from({ length: Math.min(vectors.rows, 20 * count) }, () =>
    rowOf(vectors, Math.floor(random() * vectors.rows)),
  );
  let middles = sample.slice(0, count).map((row) => row.slice());
  for (let round = 0; round < 6; round++) {
    const sums = middles.map((middle) => ({ sum: new Float32Array(middle.length), size: 0 }));
    for (const row of sample) {
      const target = sums[nearestOf(middles, row).cluster];
      if (target === undefined) continue;
      target.size++;
      for (let i = 0; i < row.length; i++) target.sum[i] = (target.sum[i] as number) + (row[i] as number);
    }
    middles = middles.map((middle, k) => {
      const { sum, size } = sums[k] ?? { sum: middle, size: 0 };
      return size === 0 ? middle : sum.map((x) => x / size);
    });
  }
  return middles;
}

function nearestOf(middles: readonly Float32Array[], row: Float32Array): { cluster: number; distance: number } {
  let cluster = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [k, middle] of middles.entries()) {
    let sum = 0;
    for (let i = 0; i < row.length && sum < least; i++) sum += ((row[i] as number) - (middle[i] as number)) ** 2;
    if (sum < least) {
      least = sum;
      cluster = k;
    }
  }
  return { cluster, distance: Math.sqrt(least) };
}
