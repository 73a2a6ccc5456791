import type { Matrix } from './matrix.ts';

/** Eigenvalues, greatest first, and the eigenvectors as rows in the same order, each with its largest number positive. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Matrix<Float64Array>;
}

/**
 * Decomposes a symmetric matrix: Householder's reduction to a tridiagonal one, then QL steps with implicit shifts.
 *
 * Written out over typed arrays: libraries read every number through a method call; rows of the result are eigenvectors so that
 * each rotation of the QL part runs along two contiguous rows.
 *
 * @param symmetric `[n, n]`; not changed
 * @throws {RangeError} when an eigenvalue does not converge, which only a NaN brings about
 * @source Golub and Van Loan, Matrix Computations, 8.3
 */
export function eigenOf(symmetric: Matrix<Float64Array>): Eigen {
  const n = symmetric.rows;
  const a = symmetric.data.slice();
  const reflectors: Float64Array[] = [];
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  reduce(a, n, diagonal, off, reflectors);
  const rows = identityRows(n);
  iterate(diagonal, off, rows);
  for (let k = reflectors.length - 1; k >= 0; k--) reflect(rows, reflectors[k] ?? new Float64Array(n), k + 1);
  return sorted(diagonal, rows);
}

/** Turns the matrix tridiagonal by reflections I - 2vv', which are kept; v of step k is zero up to k. */
function reduce(
  a: Float64Array,
  n: number,
  diagonal: Float64Array,
  off: Float64Array,
  reflectors: Float64Array[],
): void {
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    const v = new Float64Array(n);
    let size = 0;
    for (let i = k + 1; i < n; i++) {
      const x = a[k * n + i] ?? 0;
      v[i] = x;
      size += x * x;
    }
    size = Math.sqrt(size);
    diagonal[k] = a[k * n + k] ?? 0;
    const head = v[k + 1] ?? 0;
    const target = head > 0 ? -size : size;
    off[k] = target;
    v[k + 1] = head - target;
    let length = 0;
    for (let i = k + 1; i < n; i++) length += (v[i] ?? 0) ** 2;
    length = Math.sqrt(length);
    // A row that is zero already needs no reflection.
    for (let i = k + 1; i < n; i++) v[i] = length > 0 ? (v[i] ?? 0) / length : 0;
    reflectors.push(v);
    let inner = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      const start = i * n;
      for (let j = k + 1; j < n; j++) sum += (a[start + j] as number) * (v[j] as number);
      p[i] = sum;
      inner += sum * (v[i] as number);
    }
    for (let i = k + 1; i < n; i++) p[i] = (p[i] as number) - inner * (v[i] as number);
    for (let i = k + 1; i < n; i++) {
      const start = i * n;
      const vi = 2 * (v[i] as number);
      const pi = 2 * (p[i] as number);
      for (let j = k + 1; j < n; j++)
        a[start + j] = (a[start + j] as number) - vi * (p[j] as number) - pi * (v[j] as number);
    }
  }
  diagonal[n - 1] = a[n * n - 1] ?? 0;
}

function identityRows(n: number): Float64Array[] {
  return Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = 1;
    return row;
  });
}

/** Makes the tridiagonal matrix diagonal; rows become the eigenvectors of the tridiagonal matrix. */
function iterate(d: Float64Array, e: Float64Array, rows: Float64Array[]): void {
  const n = d.length;
  // Against the whole matrix and not the neighbours: where the rank is deficient, those are rounding errors themselves.
  const negligible = Number.EPSILON * d.reduce((most, x, i) => Math.max(most, Math.abs(x) + Math.abs(e[i] ?? 0)), 0);
  for (let l = 0; l < n; l++) {
    for (let tries = 0; ; tries++) {
      const m = firstNegligible(e, l, negligible);
      if (m === l) break;
      if (tries === 60) throw new RangeError('an eigenvalue does not converge');
      let g = ((d[l + 1] ?? 0) - (d[l] ?? 0)) / (2 * (e[l] ?? 0));
      g = (d[m] ?? 0) - (d[l] ?? 0) + (e[l] ?? 0) / (g + Math.sign(g || 1) * Math.hypot(g, 1));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * (e[i] ?? 0);
        const b = c * (e[i] ?? 0);
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] = (d[i + 1] ?? 0) - p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = (d[i + 1] ?? 0) - p;
        const t = ((d[i] ?? 0) - g) * s + 2 * c * b;
        p = s * t;
        d[i + 1] = g + p;
        g = c * t - b;
        rotate(rows[i], rows[i + 1], c, s);
      }
      if (i >= l) continue;
      d[l] = (d[l] ?? 0) - p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

function firstNegligible(e: Float64Array, from: number, negligible: number): number {
  let m = from;
  while (m < e.length - 1 && Math.abs(e[m] ?? 0) > negligible) m++;
  return m;
}

function rotate(low: Float64Array | undefined, high: Float64Array | undefined, c: number, s: number): void {
  if (!low || !high) return;
  for (let k = 0; k < low.length; k++) {
    const x = low[k] as number;
    const y = high[k] as number;
    high[k] = s * x + c * y;
    low[k] = c * x - s * y;
  }
}

/** Applies a reflection to every row; v is zero before `from`. */
function reflect(rows: Float64Array[], v: Float64Array, from: number): void {
  for (const row of rows) {
    let sum = 0;
    for (let j = from; j < v.length; j++) sum += (row[j] as number) * (v[j] as number);
    sum *= 2;
    for (let j = from; j < v.length; j++) row[j] = (row[j] as number) - sum * (v[j] as number);
  }
}

function sorted(values: Float64Array, rows: Float64Array[]): Eigen {
  const n = values.length;
  const order = Array.from(values.keys()).sort((i, j) => (values[j] ?? 0) - (values[i] ?? 0));
  const vectors: Matrix<Float64Array> = { rows: n, columns: n, data: new Float64Array(n * n) };
  order.forEach((from, to) => {
    const row = rows[from] ?? new Float64Array(n);
    const largest = row.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
    // A vector's sign is arbitrary: fixing it makes the learned constants the same on every machine.
    vectors.data.set(largest < 0 ? row.map((x) => -x) : row, to * n);
  });
  return { values: Float64Array.from(order, (from) => values[from] ?? 0), vectors };
}
