/** A dense row-major matrix, `data[row * columns + column]`. */
export interface Matrix<T extends Float32Array | Float64Array = Float32Array | Float64Array> {
  readonly rows: number;
  readonly columns: number;
  readonly data: T;
}

/** A matrix of zeros in single precision. */
export function zeros32(rows: number, columns: number): Matrix<Float32Array> {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

/** One row, as a view into the matrix. */
export function rowOf(matrix: Matrix<Float32Array>, row: number): Float32Array {
  return matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns);
}

/** A copy of some rows, in the order given. */
export function takeRows(matrix: Matrix<Float32Array>, rows: readonly number[]): Matrix<Float32Array> {
  const out = zeros32(rows.length, matrix.columns);
  rows.forEach((row, i) => {
    out.data.set(rowOf(matrix, row), i * matrix.columns);
  });
  return out;
}

/** The transpose, as a copy. */
export function transpose(matrix: Matrix<Float32Array>): Matrix<Float32Array> {
  const out = zeros32(matrix.columns, matrix.rows);
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = 0; j < matrix.columns; j++) out.data[j * matrix.rows + i] = matrix.data[i * matrix.columns + j] ?? 0;
  }
  return out;
}

/** Mean of the rows. */
export function columnMeans(matrix: Matrix<Float32Array>): Float64Array {
  const means = new Float64Array(matrix.columns);
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = 0; j < matrix.columns; j++) means[j] = (means[j] ?? 0) + (matrix.data[i * matrix.columns + j] ?? 0);
  }
  return means.map((sum) => sum / matrix.rows);
}

/** How much of a product is computed at a time: blocks of this many rows stay in the cache. */
const BLOCK = 48;

/**
 * The dot product of every row of a with every row of b, summed in double precision.
 *
 * Four rows against two at a time: about 3 times the plain loop's speed in V8, because each number that is loaded
 * is used more than once.
 *
 * @param symmetric a and b are the same: only one half is computed and then mirrored
 * @returns `[a.rows, b.rows]`
 */
export function dotRows(a: Matrix<Float32Array>, b: Matrix<Float32Array>, symmetric = false): Matrix<Float64Array> {
  const out: Matrix<Float64Array> = { rows: a.rows, columns: b.rows, data: new Float64Array(a.rows * b.rows) };
  for (let i = 0; i < a.rows; i += BLOCK) {
    for (let j = symmetric ? i : 0; j < b.rows; j += BLOCK) dotBlock(a, b, i, j, out);
  }
  if (symmetric) {
    for (let i = 0; i < a.rows; i++) {
      for (let j = 0; j < i; j++) out.data[i * a.rows + j] = out.data[j * a.rows + i] ?? 0;
    }
  }
  return out;
}

function dotBlock(
  a: Matrix<Float32Array>,
  b: Matrix<Float32Array>,
  top: number,
  left: number,
  out: Matrix<Float64Array>,
): void {
  const n = a.columns;
  const x = a.data;
  const y = b.data;
  const bottom = Math.min(top + BLOCK, a.rows);
  const right = Math.min(left + BLOCK, b.rows);
  let i = top;
  for (; i + 1 < bottom; i += 2) {
    const x0 = i * n;
    const x1 = x0 + n;
    let j = left;
    for (; j + 3 < right; j += 4) {
      const y0 = j * n;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let k = 0; k < n; k++) {
        const p = x[x0 + k] as number;
        const q = x[x1 + k] as number;
        const b0 = y[y0 + k] as number;
        const b1 = y[y0 + n + k] as number;
        const b2 = y[y0 + 2 * n + k] as number;
        const b3 = y[y0 + 3 * n + k] as number;
        s00 += p * b0;
        s01 += p * b1;
        s02 += p * b2;
        s03 += p * b3;
        s10 += q * b0;
        s11 += q * b1;
        s12 += q * b2;
        s13 += q * b3;
      }
      out.data.set([s00, s01, s02, s03], i * out.columns + j);
      out.data.set([s10, s11, s12, s13], (i + 1) * out.columns + j);
    }
    for (; j < right; j++) {
      out.data[i * out.columns + j] = dot(x, x0, y, j * n, n);
      out.data[(i + 1) * out.columns + j] = dot(x, x1, y, j * n, n);
    }
  }
  for (; i < bottom; i++) {
    for (let j = left; j < right; j++) out.data[i * out.columns + j] = dot(x, i * n, y, j * n, n);
  }
}

function dot(x: Float32Array, startX: number, y: Float32Array, startY: number, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += (x[startX + k] ?? 0) * (y[startY + k] ?? 0);
  return sum;
}

/** The second moments of the rows, summed: `matrix' * matrix`, `[columns, columns]`. */
export function gram(matrix: Matrix<Float32Array>): Matrix<Float64Array> {
  const turned = transpose(matrix);
  return dotRows(turned, turned, true);
}

/**
 * Solves a symmetric positive definite system by Cholesky's decomposition.
 *
 * @param matrix `[n, n]`; not changed
 * @throws {RangeError} when the matrix is not positive definite
 */
export function solvePositive(matrix: Matrix<Float64Array>, right: Float64Array): Float64Array {
  const n = matrix.rows;
  const lower = matrix.data.slice();
  const at = (i: number, j: number): number => lower[i * n + j] ?? 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      if (i === j) {
        if (!(sum > 0)) throw new RangeError(`the matrix is not positive definite (row ${i})`);
        lower[i * n + i] = Math.sqrt(sum);
      } else lower[i * n + j] = sum / at(j, j);
    }
  }
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (x[k] ?? 0);
    x[i] = sum / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < n; k++) sum -= at(k, i) * (x[k] ?? 0);
    x[i] = sum / at(i, i);
  }
  return x;
}
