import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, readData } from '../../shared/package-root.ts';
import { RecipeCorruptError } from './errors.ts';
import { decodeHalf } from './half-precision.ts';
import { netDimensions, type Profile, type ProfileName, profiles } from './profiles.ts';

/** The learned numbers of one profile; matrices are row-major. */
export interface RecipeConstants {
  /** How much longer the dlib part is than the faceres part before both become one unit vector; unused where there is no faceres. */
  readonly dlibWeight: number;
  /** Mean of the square-rooted faceres features, `[1024]`; empty where there is no faceres. */
  readonly mu: Float32Array;
  /** Whitened principal axes of the faceres features, `[components, 1024]`; empty where there is no faceres. */
  readonly axes: Float32Array;
  /** The shift, which pushes faces of dense regions away from all others, `[fused]`. */
  readonly shift: Float32Array;
  /** Principal axes of the shifted vectors, `[dimensions, fused]`. */
  readonly projection: Float32Array;
}

/** A profile with its constants, ready to make templates. */
export interface Recipe extends RecipeConstants {
  readonly profile: Profile;
}

/** The JSON file beside a profile's constants: what they are, where they came from, what was measured. */
export interface RecipeHeader {
  readonly format: 1;
  readonly profile: ProfileName;
  readonly modelVersion: string;
  readonly dlibWeight: number;
  /** Half-precision, little-endian, one after the other in this order. */
  readonly binary: { readonly file: string; readonly sha256: string };
  readonly arrays: readonly { readonly name: RecipeArray; readonly shape: readonly number[] }[];
  /** Mean score of two different people's faces in the training images. */
  readonly meanImpostorScore: number;
  readonly learnedWith: Readonly<Record<string, number>>;
  readonly provenance: Readonly<Record<string, string | number>>;
  /** Measured with constants learned without the people that are scored. */
  readonly crossValidated: Readonly<Record<string, number>>;
}

/** The arrays of a constants file. */
export type RecipeArray = 'mu' | 'axes' | 'shift' | 'projection';

/**
 * Reads a profile's constants from data/, checked against the digest and the shapes of their header.
 *
 * About 0.9 MB and a few milliseconds for `accurate`: open once per worker and keep it.
 *
 * @throws {RecipeCorruptError} when header and binary disagree
 */
export function openRecipe(name: ProfileName): Recipe {
  const header = readData<RecipeHeader>(`recipe-${name}.json`);
  return recipeFrom(name, header, readFileSync(join(packageRoot(), 'data', `recipe-${name}.f16`)));
}

/**
 * Makes a recipe of a header and the bytes it describes.
 *
 * @throws {RecipeCorruptError} when they don't belong together or to the profile
 */
export function recipeFrom(name: ProfileName, header: RecipeHeader, bytes: Uint8Array): Recipe {
  const profile = profiles[name];
  const headerFile = `recipe-${name}.json`;
  if (header.format !== 1) throw new RecipeCorruptError(headerFile, `format ${header.format} is not 1`);
  if (header.modelVersion !== profile.modelVersion) {
    throw new RecipeCorruptError(headerFile, `it is of ${header.modelVersion}, not ${profile.modelVersion}`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== header.binary.sha256) throw new RecipeCorruptError(header.binary.file, `its SHA-256 is ${sha256}`);
  const recipe: Recipe = { profile, dlibWeight: header.dlibWeight, ...splitArrays(decodeHalf(bytes), header) };
  checkShapes(recipe, headerFile);
  return recipe;
}

function splitArrays(values: Float32Array, header: RecipeHeader): Record<RecipeArray, Float32Array> {
  const none = new Float32Array(0);
  const arrays: Record<RecipeArray, Float32Array> = { mu: none, axes: none, shift: none, projection: none };
  let start = 0;
  for (const { name, shape } of header.arrays) {
    const length = shape.reduce((product, side) => product * side, 1);
    arrays[name] = values.slice(start, start + length);
    start += length;
  }
  if (start !== values.length) {
    throw new RecipeCorruptError(
      header.binary.file,
      `it holds ${values.length} numbers where its header names ${start}`,
    );
  }
  return arrays;
}

function checkShapes(recipe: Recipe, file: string): void {
  const { profile, mu, axes, shift, projection } = recipe;
  const faceres = profile.nets.includes('faceres') ? netDimensions.faceres : 0;
  const components = faceres ? axes.length / faceres : 0;
  const fused = netDimensions.dlib + components;
  const fits =
    mu.length === faceres &&
    Number.isInteger(components) &&
    shift.length === fused &&
    projection.length === profile.dimensions * fused;
  if (!fits) throw new RecipeCorruptError(file, 'the shapes of its arrays do not fit each other');
}
