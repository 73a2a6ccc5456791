/**
 * Measures labels on the scenes: precision and recall by threshold for each installed source, and how far confidences
 * can be trusted.
 *
 * Run: `npm run eval:labels -- [--data FOLDER] [--wrong]`; `--wrong` lists what was told and is not there.
 */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { openFaceEngine } from '../../src/vision/face-engine.ts';
import type { FaceAttribute } from '../../src/vision/index.ts';
import { coveragesOf, createLabelEngine, labelSources } from '../../src/vision/labels/index.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { openPackStore } from '../../src/vision/packs/index.ts';
import { createBars } from '../progress.ts';
import { crossValidated, FOLDS, reliabilityOf } from './fit-curve.ts';
import { ratesAt, readScenes, type Scene, type Told } from './scenes.ts';
import { nanodetScores } from './scores.ts';

const THRESHOLDS = [10, 25, 40, 55, 70, 85, 95];
const RANGES = [0, 20, 40, 60, 80, 100];
const ATTRIBUTES: ReadonlySet<FaceAttribute> = new Set(['beard', 'eyeglasses', 'mustache', 'smile', 'sunglasses']);

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') },
    wrong: { type: 'boolean', default: false },
  },
});
const scenes = readScenes(resolve(values.data));
if (scenes.length === 0) {
  console.error(`No scenes under ${values.data}: name the folder that holds scenes/ with --data.`);
  process.exitCode = 2;
} else {
  await evaluate();
}

async function evaluate(): Promise<void> {
  const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
  const models = openModelStore({ modelsDir });
  const packs = openPackStore({ modelsDir });
  await models.pull();
  const bars = createBars();
  const faces = await openFaceEngine({ modelsDir });
  const known = new Set(scenes.flatMap(({ shows, unsure }) => [...shows, ...unsure]));
  const tables: string[] = [];
  // a replaced source is measured too, so that both can be compared
  const sources = labelSources.map(({ replaces: _, ...definition }) => definition);
  for (const { definition, coverage } of await coveragesOf(sources, { models, packs })) {
    const engine = createLabelEngine({ models, packs, faces, sources: [definition] });
    const names = coverage.labels.filter((name) => isMeasured(coverage.source, name, known));
    const told = await look(engine, new Set(names), bars.start(definition.id));
    await engine.close();
    tables.push(tableOf(`${definition.id} ${definition.version}: ${names.length} labels`, told, new Set(names)));
  }
  const scores = await nanodetScores(models, scenes, bars.start('calibration of nanodet'));
  bars.stop();
  await faces.close();
  console.log(
    `${scenes.length} scenes. The truth is one labeller's (evals/labels/truth.json): it misses what that eye missed.`,
  );
  console.log(`\n${tables.join('\n\n')}`);
  console.log(`\n${reliabilityTable(crossValidated(scores))}`);
}

/** COCO's classes are labelled in full; of other sources only what the truth names anywhere can be counted. */
function isMeasured(source: string, name: string, known: ReadonlySet<string>): boolean {
  return source === 'nanodet' || source === 'yolox' || known.has(name);
}

async function look(
  engine: ReturnType<typeof createLabelEngine>,
  names: ReadonlySet<string>,
  onProgress: (done: number, total: number) => void,
): Promise<Told[]> {
  const told: Told[] = [];
  const { signal } = new AbortController();
  for (const [i, { file, shows, unsure }] of scenes.entries()) {
    const bytes = new Uint8Array(readFileSync(file));
    const { labels } = await engine.detectLabels({ bytes }, { minConfidence: 0, attributes: ATTRIBUTES }, signal);
    for (const { name, confidence } of labels)
      if (names.has(name) && !unsure.has(name)) told.push({ file, name, value: confidence, right: shows.has(name) });
    onProgress(i + 1, scenes.length);
  }
  return told;
}

function shownOf(list: readonly Scene[], names: ReadonlySet<string>): number {
  return list.reduce((sum, { shows }) => sum + [...shows].filter((name) => names.has(name)).length, 0);
}

function tableOf(title: string, told: readonly Told[], names: ReadonlySet<string>): string {
  const shown = shownOf(scenes, names);
  const rows = ratesAt(THRESHOLDS, told, shown).map(({ threshold, told: count, right }) => {
    const precision = count === 0 ? '   -' : (right / count).toFixed(2);
    const recall = shown === 0 ? '   -' : (right / shown).toFixed(2);
    return `  ${String(threshold).padStart(9)}  ${precision.padStart(9)}  ${recall.padStart(6)}  ${right} right, ${count - right} wrong`;
  });
  const wrong = told
    .filter(({ right, value }) => !right && value >= 55)
    .map(({ file, name, value }) => `  wrong at 55: ${basename(file)} ${name} ${value.toFixed(0)}`);
  return [
    `${title}, of which the scenes show ${shown}`,
    '  threshold  precision  recall',
    ...rows,
    ...(values.wrong ? wrong : []),
  ].join('\n');
}

function reliabilityTable(told: readonly Told[]): string {
  const rows = reliabilityOf(told, RANGES).map(
    ({ from, to, count, confidence, right }) =>
      `  ${String(from).padStart(3)}..${String(to).padEnd(3)}  ${String(count).padStart(6)}  ${confidence.toFixed(0).padStart(9)}  ${right.toFixed(0).padStart(5)}`,
  );
  return [
    `nanodet's confidences, cross-validated over ${FOLDS} folds of pictures: of labels this sure, how many are right`,
    '  range     labels  mean sure  right',
    ...rows,
  ].join('\n');
}
