import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';
import { fetchSamplePhotos } from '../../src/vision/models/index.ts';
import { seededRandom, shuffled } from '../shared/stats.ts';

/** Photos of one kind. */
export interface PhotoSet {
  readonly name: string;
  readonly paths: readonly string[];
}

const PHOTO_SEED = 11;

/**
 * The photos that are measured: always face-api's samples, and where ../shared/data is, a fixed choice of it.
 *
 * @param some at most so many of each set of ../shared/data
 */
export async function choosePhotos(modelsDir: string, some: number): Promise<PhotoSet[]> {
  const samples = { name: 'group photos (samples)', paths: await fetchSamplePhotos(modelsDir) };
  const shared = join(packageRoot(), '..', 'shared', 'data');
  const sets: PhotoSet[] = [
    { name: 'portraits (LFW)', paths: imagesBelow(join(shared, 'lfw', 'images')) },
    { name: 'people and groups (data/faces)', paths: imagesBelow(join(shared, 'faces')) },
  ];
  const chosen = sets.flatMap(({ name, paths }) =>
    paths.length === 0 ? [] : [{ name, paths: shuffled(paths, seededRandom(PHOTO_SEED)).slice(0, some) }],
  );
  return [samples, ...chosen];
}

function imagesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(jpe?g|png|webp)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}
