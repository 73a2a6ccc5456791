import type { FaceTemplate } from '../faces.ts';
import type { Recipe, RecipeConstants } from './constants.ts';
import { netDimensions } from './profiles.ts';
import { normalise, project } from './vectors.ts';

/** What the nets said of one face: each array is the mean of the raw outputs of the chip and of the mirrored chip. */
export interface RawFeatures {
  /** `[128]`, dlib's 5-point chip of 150 px, padding 0.25. */
  readonly dlib: Float32Array;
  /** `[1024]`, 0 and above, faceres' pooled features of the ArcFace template at 0.9 in 224 px; read by `accurate` only. */
  readonly faceres?: Float32Array;
}

/**
 * Makes a face's template: what is compared and stored.
 *
 * @returns the profile's dimensions; not of unit length: the score of two faces is the plain dot product
 * @throws {RangeError} when a net's features are missing or of the wrong length
 */
export function templateOf(recipe: Recipe, raw: RawFeatures): FaceTemplate {
  const faceres = recipe.profile.nets.includes('faceres') ? raw.faceres : undefined;
  for (const net of recipe.profile.nets) {
    const length = raw[net]?.length;
    if (length !== netDimensions[net]) {
      throw new RangeError(`${net} features of a face have length ${length ?? 0}, not ${netDimensions[net]}`);
    }
  }
  const fused = fuse(
    normalise(raw.dlib.slice()),
    faceres ? faceresPart(recipe, rootFeatures(faceres)) : undefined,
    recipe.dlibWeight,
  );
  return project(recipe.projection, subtract(fused, recipe.shift));
}

/**
 * Tames the few strong of faceres' features: unit length, square root, unit length.
 *
 * @param raw 0 and above; what is below counts as 0
 */
export function rootFeatures(raw: Float32Array): Float32Array {
  return normalise(normalise(raw.slice()).map((x) => Math.sqrt(Math.max(x, 0))));
}

/** The whitened principal components of root features, of unit length. */
export function faceresPart(constants: Pick<RecipeConstants, 'mu' | 'axes'>, root: Float32Array): Float32Array {
  return normalise(project(constants.axes, subtract(root, constants.mu)));
}

/** Joins the unit vectors of both nets to one of unit length, dlib first. */
export function fuse(dlib: Float32Array, faceres: Float32Array | undefined, dlibWeight: number): Float32Array {
  if (!faceres) return dlib;
  const fused = new Float32Array(dlib.length + faceres.length);
  dlib.forEach((x, i) => {
    fused[i] = dlibWeight * x;
  });
  fused.set(faceres, dlib.length);
  return normalise(fused);
}

function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((x, i) => x - (b[i] ?? 0));
}
