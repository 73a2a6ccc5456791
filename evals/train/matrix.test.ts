import { describe, expect, it } from 'vitest';
import { seededRandom } from '../faces/random.ts';
import { eigenOf } from './eigen.ts';
import { columnMeans, dotRows, gram, type Matrix, solvePositive, transpose } from './matrix.ts';

function randomMatrix(rows: number, columns: number, seed = 1): Matrix<Float32Array> {
  const random = seededRandom(seed);
  return { rows, columns, data: Float32Array.from({ length: rows * columns }, () => random() - 0.5) };
}

describe('dot products of rows', () => {
  it.each([
    [1, 1, 1],
    [5, 7, 3],
    [97, 51, 33],
  ])('agree with the plain sum for %i rows, %i rows and %i columns', (rows, others, columns) => {
    const a = randomMatrix(rows, columns);
    const b = randomMatrix(others, columns, 2);
    const product = dotRows(a, b);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < others; j++) {
        let sum = 0;
        for (let k = 0; k < columns; k++) sum += a.data[i * columns + k]! * b.data[j * columns + k]!;
        expect(product.data[i * others + j]).toBeCloseTo(sum, 10);
      }
    }
  });

  it('of a matrix with itself are the same whether one half or both are computed', () => {
    const a = randomMatrix(101, 20);
    expect(dotRows(a, a, true).data).toEqual(dotRows(a, a).data);
  });
});

describe('small matrix tools', () => {
  it('transpose twice to the same matrix', () => {
    const a = randomMatrix(4, 9);
    expect(transpose(transpose(a))).toEqual(a);
  });

  it('average columns', () => {
    expect([...columnMeans({ rows: 2, columns: 2, data: Float32Array.of(1, 2, 3, 6) })]).toEqual([2, 4]);
  });

  it('solve a positive definite system', () => {
    const moments = gram(randomMatrix(60, 12));
    const x = Float64Array.from({ length: 12 }, (_, i) => i - 5);
    const right = Float64Array.from(x, (_, i) => x.reduce((sum, v, j) => sum + v * moments.data[i * 12 + j]!, 0));
    solvePositive(moments, right).forEach((value, i) => {
      expect(value).toBeCloseTo(x[i]!, 8);
    });
  });

  it('refuse a system that is not positive definite', () => {
    const negative = { rows: 1, columns: 1, data: Float64Array.of(-1) };
    expect(() => solvePositive(negative, Float64Array.of(1))).toThrow(RangeError);
  });
});

describe('the eigen decomposition', () => {
  it.each([1, 2, 3, 40])('rebuilds a symmetric matrix of side %i', (n) => {
    const moments = gram(randomMatrix(2 * n, n));
    const { values, vectors } = eigenOf(moments);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += values[k]! * vectors.data[k * n + i]! * vectors.data[k * n + j]!;
        expect(sum).toBeCloseTo(moments.data[i * n + j]!, 9);
      }
    }
  });

  it('gives eigenvalues from the greatest down and unit vectors at right angles', () => {
    const n = 25;
    const { values, vectors } = eigenOf(gram(randomMatrix(40, n)));
    expect([...values]).toEqual([...values].sort((a, b) => b - a));
    const rows = { rows: n, columns: n, data: Float32Array.from(vectors.data) };
    dotRows(rows, rows).data.forEach((x, i) => {
      expect(x).toBeCloseTo(i % (n + 1) === 0 ? 1 : 0, 5);
    });
  });

  it('copes with a diagonal matrix and with equal eigenvalues', () => {
    const { values } = eigenOf({ rows: 3, columns: 3, data: Float64Array.of(2, 0, 0, 0, 5, 0, 0, 0, 2) });
    expect([...values]).toEqual([5, 2, 2]);
  });
});
