import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';
import { fetchSamplePhotos } from '../../src/vision/models/index.ts';
import { seededRandom, shuffled } from '../shared/stats.ts';

const PHOTO_SEED = 17;
/** What a request may hold. */
const MOST_BYTES = 5 * 2 ** 20;

/** Ordinary photos: face-api's samples, and where ../shared/data is a fixed choice of its scenes, people and text. */
export async function choosePhotos(modelsDir: string, some: number): Promise<readonly Uint8Array[]> {
  const shared = join(packageRoot(), '..', 'shared', 'data');
  const paths = ['scenes', 'faces', 'text'].flatMap((folder) => imagesIn(join(shared, folder)));
  const chosen = shuffled([...(await fetchSamplePhotos(modelsDir)), ...paths], seededRandom(PHOTO_SEED));
  return chosen
    .map((path) => new Uint8Array(readFileSync(path)))
    .filter(({ length }) => length <= MOST_BYTES)
    .slice(0, some);
}

function imagesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.(jpe?g|png)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}
