/** Scales a vector to length 1, in place, and returns it; a vector of zeros stays. */
export function normalise(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const x of vector) sum += x * x;
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) * scale;
  return vector;
}

/**
 * Multiplies a row-major matrix with a vector.
 *
 * @param matrix `[rows, vector.length]`
 */
export function project(matrix: Float32Array, vector: Float32Array): Float32Array {
  const columns = vector.length;
  const out = new Float32Array(matrix.length / columns);
  for (let row = 0; row < out.length; row++) {
    let sum = 0;
    const start = row * columns;
    for (let column = 0; column < columns; column++) sum += (matrix[start + column] ?? 0) * (vector[column] ?? 0);
    out[row] = sum;
  }
  return out;
}
