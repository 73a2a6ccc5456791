import { eigenOf } from '../../../evals/train/eigen.ts';
import { gram, type Matrix, zeros32 } from '../../../evals/train/matrix.ts';

/** An orthonormal basis: what matters most comes first. */
export interface Basis {
  readonly dimensions: number;
  /** Subtracted from vectors before they are turned into the basis. */
  readonly mean: Float32Array;
  /** A vector's coordinates. */
  turn(vector: Float32Array, out: Float64Array): void;
}

/**
 * The mean's direction, then the principal axes of what is left. The mean comes first because probes have nearly all
 * their length in its direction, where vectors hardly differ.
 */
export function principalBasis(sample: Matrix<Float32Array>): Basis {
  const { rows, columns: n } = sample;
  const mean = new Float32Array(n);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i++) mean[i] = (mean[i] as number) + (sample.data[r * n + i] as number) / rows;
  }
  const length = Math.hypot(...mean);
  const first = mean.map((x) => x / length);
  const left = zeros32(rows, n);
  for (let r = 0; r < rows; r++) {
    let along = 0;
    for (let i = 0; i < n; i++) along += (first[i] as number) * (sample.data[r * n + i] as number);
    for (let i = 0; i < n; i++)
      left.data[r * n + i] = (sample.data[r * n + i] as number) - along * (first[i] as number);
  }
  const { vectors } = eigenOf(gram(left));
  // The last axis is the mean's direction, of which nothing is left.
  return basisOf(mean, [first, ...axes(vectors, n - 1)]);
}

/** The mean's direction, then any axes across it, in which no direction is more than another. */
export function evenBasis(principal: Basis, turn: (vector: Float32Array) => Float32Array): Basis {
  const n = principal.dimensions;
  const coordinates = new Float64Array(n);
  const rows = zeros32(n - 1, n);
  for (let k = 1; k < n; k++) {
    const unit = new Float32Array(n);
    unit[k] = 1;
    rows.data.set(turn(unit), (k - 1) * n);
  }
  // Gram and Schmidt across the first coordinate.
  const axesOf: Float64Array[] = [];
  for (let k = 0; k < n - 1; k++) {
    const axis = Float64Array.from(rows.data.subarray(k * n, (k + 1) * n));
    axis[0] = 0;
    for (const other of axesOf) {
      const along = axis.reduce((sum, x, i) => sum + x * (other[i] as number), 0);
      for (let i = 0; i < n; i++) axis[i] = (axis[i] as number) - along * (other[i] as number);
    }
    const length = Math.hypot(...axis);
    axesOf.push(axis.map((x) => x / length));
  }
  return {
    dimensions: n,
    mean: principal.mean,
    turn(vector, out) {
      principal.turn(vector, coordinates);
      out[0] = coordinates[0] as number;
      for (const [k, axis] of axesOf.entries()) {
        let sum = 0;
        for (let i = 1; i < n; i++) sum += (axis[i] as number) * (coordinates[i] as number);
        out[k + 1] = sum;
      }
    },
  };
}

function axes(vectors: Matrix<Float64Array>, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from(vectors.data.subarray(k * vectors.columns, (k + 1) * vectors.columns)),
  );
}

function basisOf(mean: Float32Array, rows: readonly Float32Array[]): Basis {
  const n = mean.length;
  const matrix = Float64Array.from(rows.flatMap((row) => [...row]));
  return {
    dimensions: n,
    mean,
    turn(vector, out) {
      for (let k = 0; k < n; k++) {
        let a = 0;
        let b = 0;
        for (let i = 0; i < n; i += 2) {
          a += (matrix[k * n + i] as number) * (vector[i] as number);
          b += (matrix[k * n + i + 1] as number) * (vector[i + 1] as number);
        }
        out[k] = a + b;
      }
    },
  };
}
