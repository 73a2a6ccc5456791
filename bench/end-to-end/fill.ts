import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyringOf } from '../../src/compose/open-keyring.ts';
import { loadConfig } from '../../src/config/index.ts';
import { openStores } from '../../src/stores/index.ts';
import { openGallery, readStatistics } from '../galleries/gallery.ts';
import type { Progress } from '../shared/progress.ts';
import { startServer } from '../shared/server.ts';

/** The collection that is filled. */
export const COLLECTION = 'bench';
/** Faces of one insertion: what an image may hold. */
const FACES_PER_IMAGE = 100;
/** Insertions at once, which share commits. */
const IMAGES_AT_ONCE = 16;
const SEED = 300;

/** Steps that {@link fillFolder} reports. */
export function fillSteps(faces: number): number {
  return Math.ceil(faces / (FACES_PER_IMAGE * IMAGES_AT_ONCE)) + 1;
}

/**
 * Makes a data folder whose collection holds so many people who never were. The server itself makes folder, keys and
 * collection, so that all is as it would be; then the templates are written to the store directly.
 *
 * A folder that was filled with as many faces before is left as it is.
 */
export async function fillFolder(
  dataDir: string,
  { faces, env }: { readonly faces: number; readonly env: { readonly LIKENESS_PROFILE: string } },
  progress: Progress,
): Promise<void> {
  const note = join(dataDir, `filled-${faces}-${env.LIKENESS_PROFILE}`);
  if (existsSync(note)) return;
  progress.step('the server makes its folder');
  const server = await startServer({ workers: 1, dataDir, env });
  await server.api.createCollection({ CollectionId: COLLECTION, Tags: { 'likeness:purpose': 'photo-library' } });
  await server.close();

  const config = loadConfig({
    env: { ...env, LIKENESS_DATA_DIR: dataDir, LIKENESS_TRUST_DIR: join(dataDir, 'trust') },
    cwd: dataDir,
  });
  const stores = await openStores({ dataDir, keys: openKeyringOf(config), clock: Date.now });
  try {
    const record = await stores.collections.findCollection(COLLECTION);
    if (record === undefined) throw new Error('the server made no collection');
    const gallery = openGallery(readStatistics(), { seed: SEED });
    for (let first = 0; first < faces; ) {
      progress.step(`${first} of ${faces} faces are written`);
      const images: Promise<unknown>[] = [];
      for (let n = 0; n < IMAGES_AT_ONCE && first < faces; n++) {
        const count = Math.min(FACES_PER_IMAGE, faces - first);
        const start = first;
        const people = Array.from({ length: count }, (_, i) => ({
          faceId: randomUUID(),
          box: { left: (i % 10) / 10, top: Math.floor(i / 10) / 10, width: 0.08, height: 0.08 },
          confidence: 99.9,
          template: gallery.template(start + i),
        }));
        const image = { imageId: randomUUID(), modelVersion: record.modelVersion, maxFaces: faces, faces: people };
        images.push(stores.collections.addFaces(COLLECTION, image));
        first += count;
      }
      await Promise.all(images);
    }
  } finally {
    await stores.close();
  }
  writeFileSync(note, '');
}
