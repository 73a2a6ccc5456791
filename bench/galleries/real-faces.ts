import { faceFeatures } from '../../evals/faces/features.ts';
import { knownLabelErrors } from '../../evals/faces/label-errors.ts';
import { readLfw } from '../../evals/faces/lfw.ts';
import { type Matrix, rowOf, zeros32 } from '../../evals/train/matrix.ts';
import { openRecipe } from '../../src/vision/recipe/constants.ts';
import { templateOf } from '../../src/vision/recipe/template.ts';
import type { FittedTemplates } from './fit.ts';
import type { ScoreQuantiles } from './gallery.ts';
import { pairScores, scoreQuantiles } from './quantiles.ts';

/** LFW's faces as the shipped profile `accurate` makes templates of them. */
export interface RealFaces extends FittedTemplates {
  /** How often each pair of scores occurs, the known label errors left out. */
  readonly measured: ScoreQuantiles;
  readonly peopleCount: number;
  /** Which images and nets the templates come of. */
  readonly key: string;
}

/**
 * Reads LFW and embeds it; features are kept in build/eval-cache, and making them takes minutes the first time.
 *
 * @param folder as {@link readLfw} takes it
 */
export async function readRealFaces(
  folder: string,
  options: { readonly modelsDir: string; readonly onProgress: (done: number, total: number) => void },
): Promise<RealFaces> {
  const lfw = readLfw(folder);
  const features = await faceFeatures(lfw.images, { ...options, fresh: false });
  const recipe = openRecipe('accurate');
  const images = [...lfw.images.keys()].filter((image) => features.found[image]);
  const placeOf = new Map(images.map((image, place) => [image, place]));
  const rows = zeros32(images.length, recipe.profile.dimensions);
  for (const [place, image] of images.entries()) {
    const template = templateOf(recipe, {
      dlib: rowOf(features.dlib, image).slice(),
      faceres: rowOf(features.faceres, image).slice(),
    });
    rows.data.set(template, place * rows.columns);
  }
  const people = images.map((image) => lfw.images[image]?.person ?? -1);
  const pairs = lfw.pairs.flatMap(({ same, a, b }): [number, number][] => {
    const places = [placeOf.get(a), placeOf.get(b)];
    return same && places[0] !== undefined && places[1] !== undefined ? [[places[0], places[1]]] : [];
  });
  const templates = images.map((_, place) => rowOf(rows, place));
  const { isOne } = knownLabelErrors(lfw);
  const impostor = pairScores(
    rows,
    (a, b) => people[a] === people[b] || isOne(images[a] as number, images[b] as number),
  );
  const genuine = pairs.map(([a, b]) => dot(templates[a] as Float32Array, templates[b] as Float32Array));
  return {
    templates,
    people,
    pairs,
    peopleCount: new Set(people).size,
    key: features.key,
    measured: scoreQuantiles(impostor, genuine, onePerPerson(rows, people)),
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}

function onePerPerson(rows: Matrix<Float32Array>, people: readonly number[]): Matrix<Float32Array> {
  const firsts = [...new Map(people.map((person, place) => [person, place])).values()];
  const out = zeros32(firsts.length, rows.columns);
  for (const [i, place] of firsts.entries()) out.data.set(rowOf(rows, place), i * rows.columns);
  return out;
}
