/**
 * Adds and deletes faces in a loop, several images at once, until it is killed, saying on standard output what it is
 * about to do and, once it is acknowledged, what it has done. Faces are numbers; arguments: data folder, first number, seed.
 */

import { openStores } from '../../dist/stores/index.js';
import { keys, numbersFrom, say } from './writer.mjs';

const [dataDir = '', first = '0', seed = '1'] = process.argv.slice(2);
const idOf = (number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
const templateOf = (number) => {
  const waves = Array.from({ length: 64 }, (_, i) => Math.sin(number * 12.9898 + i * i * 78.233));
  return Float32Array.from(waves, (wave) => wave / Math.hypot(...waves));
};
const random = numbersFrom(Number(seed));

const { collections } = await openStores({ dataDir, clock: Date.now, keys });
if ((await collections.findCollection('c')) === undefined) {
  await collections.createCollection({
    id: 'c',
    purpose: 'photo-library',
    modelVersion: '1.0',
    dimensions: 64,
    tags: {},
    createdAtMs: 0,
  });
}
say('ready');
const mine = [];
for (let number = Number(first); ; ) {
  if (random() < 0.3 && mine.length > 0) {
    const numbers = mine.splice(Math.floor(random() * mine.length), 2);
    say('deleting', ...numbers);
    await collections.deleteFaces('c', numbers.map(idOf));
    say('deleted', ...numbers);
  } else {
    // Images at once share a commit; one among them that is refused must take nobody with it.
    const images = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
      const numbers = Array.from({ length: 1 + Math.floor(random() * 4) }, () => number++);
      return { numbers, isRefused: random() < 0.1 };
    });
    const adding = images.map(async ({ numbers, isRefused }) => {
      if (!isRefused) say('adding', ...numbers);
      const stored = collections.addFaces('c', {
        imageId: idOf(1_000_000 + (numbers[0] ?? 0)),
        modelVersion: '1.0',
        faces: numbers.map((face) => ({
          faceId: idOf(face),
          box: { left: 0, top: 0, width: 1, height: 1 },
          confidence: 99,
          template: templateOf(face),
        })),
        maxFaces: isRefused ? 0 : 1e9,
      });
      // Were it stored after all, the test would find a face that nobody said.
      if (isRefused) return stored.catch(() => {});
      await stored;
      say('added', ...numbers);
      mine.push(...numbers);
    });
    await Promise.all(adding);
  }
  // Killed at any moment means also between two turns of the event loop.
  if (random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
}
