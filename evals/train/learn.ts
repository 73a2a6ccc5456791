import type { RecipeConstants } from '../../src/vision/recipe/constants.ts';
import { fuse, rootFeatures } from '../../src/vision/recipe/template.ts';
import { normalise } from '../../src/vision/recipe/vectors.ts';
import { eigenOf } from './eigen.ts';
import { columnMeans, dotRows, gram, type Matrix, rowOf, solvePositive, takeRows, zeros32 } from './matrix.ts';

/** What a recipe is learned from: one row a face. */
export interface TrainingSet {
  /** Unit vectors, `[faces, 128]`. */
  readonly dlib: Matrix<Float32Array>;
  /** Square-rooted unit vectors, `[faces, 1024]`; absent for a recipe of dlib alone. */
  readonly faceres?: Matrix<Float32Array>;
  /** A number per face that is the same for faces of one person. */
  readonly people: Int32Array;
}

/** The choices that learning does not make itself. */
export interface LearningParameters {
  readonly dlibWeight: number;
  /** Principal components of faceres that are kept. */
  readonly components: number;
  /** 0 leaves the components as they are, 1 whitens them fully. */
  readonly whitening: number;
  /** The shift is learned from each face's mean score with this many of its nearest other people. */
  readonly neighbours: number;
  readonly ridge: number;
  /** How much of the regression's slope is taken off each of the two faces of a pair; 0.5 takes the whole off the score. */
  readonly slopeShare: number;
  readonly dimensions: number;
}

/** The choices of the shipped recipes, by cross-validation on the five folds of LFW View 2. */
export const shippedParameters: LearningParameters = {
  dlibWeight: 3,
  components: 384,
  whitening: 0.3,
  neighbours: 5,
  ridge: 10,
  slopeShare: 0.5,
  dimensions: 128,
};

/** Constants and the mean score that they give two different people among the faces they were learned on. */
export interface LearnedRecipe extends RecipeConstants {
  readonly meanImpostorScore: number;
}

/**
 * Makes a training set of the nets' raw outputs.
 *
 * @param raw row i of each matrix belongs to people[i]
 */
export function trainingSet(
  raw: { readonly dlib: Matrix<Float32Array>; readonly faceres?: Matrix<Float32Array> },
  people: Int32Array,
): TrainingSet {
  const dlib = mapRows(raw.dlib, (row) => normalise(row.slice()));
  if (!raw.faceres) return { dlib, people };
  return { dlib, faceres: mapRows(raw.faceres, rootFeatures), people };
}

/**
 * Learns a recipe's constants from some faces of a set.
 *
 * @param rows the faces that may be looked at
 */
export function learnRecipe(set: TrainingSet, rows: readonly number[], parameters: LearningParameters): LearnedRecipe {
  const dlib = takeRows(set.dlib, rows);
  const people = Int32Array.from(rows, (row) => set.people[row] ?? -1);
  const dlibWeight = parameters.dlibWeight;
  const reduced = set.faceres ? learnAxes(takeRows(set.faceres, rows), parameters) : undefined;
  const { mu, axes } = reduced ?? { mu: new Float32Array(0), axes: new Float32Array(0) };
  const training = set.faceres ? { dlib, faceres: takeRows(set.faceres, rows) } : { dlib };
  const fused = fuseAll(training, { mu, axes, dlibWeight });
  const shift = learnShift(fused, people, parameters);
  const shifted = subtractRows(fused, shift);
  const moments = eigenOf(gram(shifted));
  const projection = Float32Array.from(moments.vectors.data.subarray(0, parameters.dimensions * fused.columns));
  const constants = { dlibWeight, mu, axes, shift, projection };
  return { ...constants, meanImpostorScore: meanImpostorScore(projectRows(shifted, projection), people) };
}

/**
 * Makes the templates of all faces of a set, as `templateOf` does but many times faster.
 *
 * @returns `[faces, dimensions]`
 */
export function templatesOf(set: TrainingSet, constants: RecipeConstants): Matrix<Float32Array> {
  return projectRows(subtractRows(fuseAll(set, constants), constants.shift), constants.projection);
}

function learnAxes(
  faceres: Matrix<Float32Array>,
  { components, whitening }: LearningParameters,
): Pick<RecipeConstants, 'mu' | 'axes'> {
  const mu = Float32Array.from(columnMeans(faceres));
  const eigen = eigenOf(gram(subtractRows(faceres, mu)));
  const axes = new Float32Array(components * faceres.columns);
  for (let k = 0; k < components; k++) {
    // Of the covariance, not of the sum: half-precision wants numbers near 1.
    const scale = ((eigen.values[k] ?? 0) / faceres.rows) ** (-whitening / 2);
    for (let j = 0; j < faceres.columns; j++) {
      axes[k * faceres.columns + j] = (eigen.vectors.data[k * faceres.columns + j] ?? 0) * scale;
    }
  }
  return { mu, axes };
}

function fuseAll(
  set: Pick<TrainingSet, 'dlib' | 'faceres'>,
  constants: Pick<RecipeConstants, 'mu' | 'axes' | 'dlibWeight'>,
): Matrix<Float32Array> {
  const { dlib, faceres } = set;
  if (!faceres || constants.axes.length === 0) return dlib;
  const parts = projectRows(subtractRows(faceres, constants.mu), constants.axes);
  const out = zeros32(dlib.rows, dlib.columns + parts.columns);
  for (let i = 0; i < dlib.rows; i++) {
    out.data.set(fuse(rowOf(dlib, i), normalise(rowOf(parts, i)), constants.dlibWeight), i * out.columns);
  }
  return out;
}

/**
 * Half the slope of a ridge regression of each face's mean score with its nearest other people: faces that live where
 * many others do lie nearer to everyone, which is where false matches come from.
 */
function learnShift(
  fused: Matrix<Float32Array>,
  people: Int32Array,
  { neighbours, ridge, slopeShare }: LearningParameters,
): Float32Array {
  const density = densityOf(fused, people, neighbours);
  const mean = density.reduce((sum, x) => sum + x, 0) / density.length;
  const centred = subtractRows(fused, columnMeans(fused));
  const moments = gram(centred);
  let spread = 0;
  for (let j = 0; j < moments.rows; j++) spread += moments.data[j * moments.rows + j] ?? 0;
  // Features are brought to an RMS norm of 4, to which the ridge refers.
  const scale = 4 / Math.sqrt(spread / fused.rows);
  const system = { ...moments, data: moments.data.map((x) => x * scale * scale) };
  for (let j = 0; j < system.rows; j++)
    system.data[j * system.rows + j] = (system.data[j * system.rows + j] ?? 0) + ridge;
  const right = new Float64Array(fused.columns);
  for (let i = 0; i < fused.rows; i++) {
    const weight = ((density[i] ?? 0) - mean) * scale;
    for (let j = 0; j < right.length; j++)
      right[j] = (right[j] ?? 0) + weight * (centred.data[i * right.length + j] ?? 0);
  }
  return Float32Array.from(solvePositive(system, right), (slope) => slopeShare * slope * scale);
}

/** Each face's mean score with the nearest faces of other people. */
function densityOf(fused: Matrix<Float32Array>, people: Int32Array, neighbours: number): Float64Array {
  const scores = dotRows(fused, fused, true);
  return Float64Array.from({ length: fused.rows }, (_, i) => {
    const others = scores.data
      .subarray(i * fused.rows, (i + 1) * fused.rows)
      .filter((_score, j) => people[j] !== people[i])
      .sort();
    return others.subarray(-neighbours).reduce((sum, x) => sum + x, 0) / neighbours;
  });
}

function meanImpostorScore(templates: Matrix<Float32Array>, people: Int32Array): number {
  const scores = dotRows(templates, templates, true);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < templates.rows; i++) {
    for (let j = i + 1; j < templates.rows; j++) {
      if (people[i] === people[j]) continue;
      sum += scores.data[i * templates.rows + j] ?? 0;
      count++;
    }
  }
  return count ? sum / count : 0;
}

function projectRows(matrix: Matrix<Float32Array>, axes: Float32Array): Matrix<Float32Array> {
  const product = dotRows(matrix, { rows: axes.length / matrix.columns, columns: matrix.columns, data: axes });
  return { ...product, data: Float32Array.from(product.data) };
}

function subtractRows(matrix: Matrix<Float32Array>, row: Float32Array | Float64Array): Matrix<Float32Array> {
  return { ...matrix, data: matrix.data.map((x, i) => x - (row[i % matrix.columns] ?? 0)) };
}

function mapRows(matrix: Matrix<Float32Array>, map: (row: Float32Array) => Float32Array): Matrix<Float32Array> {
  const out = zeros32(matrix.rows, matrix.columns);
  for (let i = 0; i < matrix.rows; i++) out.data.set(map(rowOf(matrix, i)), i * matrix.columns);
  return out;
}
