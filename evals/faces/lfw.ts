import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One image of the data set; who is on it stays a number. */
export interface LfwImage {
  readonly path: string;
  readonly sha256: string;
  readonly person: number;
  /** 0..4; no person is in two folds. */
  readonly fold: number;
}

/** One of the labelled pairs, by index into the images. */
export interface LfwPair {
  readonly fold: number;
  readonly same: boolean;
  readonly a: number;
  readonly b: number;
}

/** Labeled Faces in the Wild, folds 0 to 4 of View 2. */
export interface Lfw {
  readonly images: readonly LfwImage[];
  readonly pairs: readonly LfwPair[];
  readonly people: number;
}

/**
 * Reads the data set.
 *
 * @param folder holds pairs.tsv (fold, same, a, b) and `images/<person>/<file>`
 * @throws {Error} when a person stands in two folds or an image in none: figures would not be of unseen people
 * @source http://vis-www.cs.umass.edu/lfw/ (research use)
 */
export function readLfw(folder: string): Lfw {
  const people = readdirSync(join(folder, 'images')).sort();
  const files = people.flatMap((name, person) =>
    readdirSync(join(folder, 'images', name))
      .sort()
      .map((file) => ({ key: `images/${name}/${file}`, person })),
  );
  const index = new Map(files.map(({ key }, i) => [key, i]));
  const at = (key: string | undefined): number => {
    const found = index.get(key ?? '');
    if (found === undefined) throw new Error('pairs.tsv names an image that is not there');
    return found;
  };
  const pairs = readFileSync(join(folder, 'pairs.tsv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line): LfwPair => {
      const [fold, same, a, b] = line.split('\t');
      return { fold: Number(fold), same: same === '1', a: at(a), b: at(b) };
    });
  const folds = foldsOfPeople(pairs, files);
  const images = files.map(({ key, person }): LfwImage => {
    const fold = folds.get(person);
    if (fold === undefined) throw new Error('an image belongs to a person of no pair');
    const path = join(folder, key);
    return { path, person, fold, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
  });
  return { images, pairs, people: people.length };
}

function foldsOfPeople(pairs: readonly LfwPair[], files: readonly { readonly person: number }[]): Map<number, number> {
  const folds = new Map<number, number>();
  for (const { fold, a, b } of pairs) {
    for (const image of [a, b]) {
      const person = files[image]?.person ?? -1;
      if ((folds.get(person) ?? fold) !== fold) throw new Error('a person stands in two folds');
      folds.set(person, fold);
    }
  }
  return folds;
}

/** Whether the data set is where it is expected. */
export function hasLfw(folder: string): boolean {
  return existsSync(join(folder, 'pairs.tsv'));
}
