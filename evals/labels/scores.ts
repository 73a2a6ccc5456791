import { readFileSync } from 'node:fs';
import { decodeImage, defaultImageLimits } from '../../src/media/index.ts';
import { readCocoLabels } from '../../src/shared/label-table.ts';
import { pyramidOf } from '../../src/vision/align/raster.ts';
import { nanodet, runNanodet } from '../../src/vision/labels/nanodet.ts';
import type { ModelStore } from '../../src/vision/models/index.ts';
import { openNet } from '../../src/vision/sessions/net.ts';
import type { Scene, Told } from './scenes.ts';

/** Scores below it are left out of fits: what a source never tells. */
export const LEAST_SCORE = 0.15;

/** nanodet's score of the surest object of each class in each scene, without what the truth is unsure of. */
export async function nanodetScores(
  models: ModelStore,
  scenes: readonly Scene[],
  onProgress: (done: number, total: number) => void,
): Promise<Told[]> {
  const net = await openNet((await models.load('nanodet')).bytes);
  const names = readCocoLabels();
  const told: Told[] = [];
  for (const [i, { file, shows, unsure }] of scenes.entries()) {
    const decoded = await decodeImage(readFileSync(file), { limits: defaultImageLimits, maxSide: nanodet.side });
    const surest = new Map<string, number>();
    for (const { kind, score } of await runNanodet(net, pyramidOf(decoded), LEAST_SCORE)) {
      const name = names[kind] ?? '';
      surest.set(name, Math.max(score, surest.get(name) ?? 0));
    }
    for (const [name, value] of surest) if (!unsure.has(name)) told.push({ file, name, value, right: shows.has(name) });
    onProgress(i + 1, scenes.length);
  }
  await net.close();
  return told;
}
