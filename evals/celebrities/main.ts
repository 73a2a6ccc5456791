/**
 * Measures recognising public figures by a gallery: people of LFW with one or three photos each, searched with their
 * other photos and with strangers. Scores are by constants learned without the people of both.
 *
 * Run: `npm run eval:celebrities -- [--data FOLDER] [--profile accurate|fast] [--json] [--fresh]`
 *
 * The first run makes features (about 70 ms an image on one core) and cross-validated scores, which `eval:faces` shares.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { packageRoot, readData } from '../../src/shared/package-root.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { calibrationFrom, decadesOfSimilarity, readCalibration } from '../../src/vision/recipe/calibration.ts';
import type { RecipeHeader } from '../../src/vision/recipe/constants.ts';
import { type ProfileName, profiles } from '../../src/vision/recipe/profiles.ts';
import { crossValidatedFaces } from '../faces/cross-validated.ts';
import { faceFeatures } from '../faces/features.ts';
import { knownLabelErrors } from '../faces/label-errors.ts';
import { hasLfw, readLfw } from '../faces/lfw.ts';
import { createBars } from '../progress.ts';
import { shippedParameters } from '../train/learn.ts';
import { type Recognition, recognizeBy } from './measure.ts';

/** The floor of media-archive, and what an operator may ask for above it. */
const similarities = [90, 95, 99];
const galleries = [
  { people: 100, photosEach: 1 },
  { people: 500, photosEach: 1 },
  { people: 1000, photosEach: 1 },
  { people: 500, photosEach: 3 },
];

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') },
    profile: { type: 'string', default: 'accurate' },
    json: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
  },
});
const data = resolve(values.data);
const profile = Object.values(profiles).find(({ name }) => name === values.profile)?.name;

if (profile === undefined) {
  console.error(`--profile is one of ${Object.keys(profiles).join(', ')}`);
  process.exitCode = 2;
} else if (!hasLfw(join(data, 'lfw'))) {
  console.error(`No LFW under ${data}: name the folder that holds lfw/ with --data.`);
  process.exitCode = 2;
} else {
  const found = await evaluate(profile);
  const file = join(packageRoot(), 'build', 'eval-celebrities.json');
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  console.log(values.json ? JSON.stringify(found, null, 2) : `${textOf(found)}\n\nAs JSON: ${file}`);
}

async function evaluate(name: ProfileName): Promise<readonly Recognition[]> {
  const bars = createBars();
  try {
    const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
    await openModelStore({ modelsDir }).pull();
    const lfw = readLfw(join(data, 'lfw'));
    const onProgress = bars.start(`features of ${lfw.images.length} images`);
    const features = await faceFeatures(lfw.images, { modelsDir, fresh: values.fresh, onProgress });
    const onStep = bars.start(`cross-validation of ${name}`);
    const scores = crossValidatedFaces(name, features, lfw, shippedParameters, { fresh: values.fresh, onStep });
    const calibration = calibrationFrom(readCalibration(profiles[name].modelVersion));
    const { meanImpostorScore } = readData<RecipeHeader>(`recipe-${name}.json`);
    const thresholds = similarities.map((similarity) => ({
      similarity,
      score: calibration.scoreOf(similarity) - meanImpostorScore,
      rate: 10 ** -decadesOfSimilarity(similarity),
    }));
    return recognizeBy(scores, lfw, galleries, thresholds, knownLabelErrors(lfw).isOne);
  } finally {
    bars.stop();
  }
}

function textOf(found: readonly Recognition[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const head = ['people', 'photos', 'from', 'recognised', 'as another', 'missed', 'strangers told', 'expected'];
  const rows = found.map((row) => [
    `${row.people}`,
    `${row.photos}`,
    `${row.similarity}`,
    percent(row.recognized),
    percent(row.mistaken),
    percent(row.missed),
    percent(row.falselyRecognized),
    percent(row.expectedFalselyRecognized),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
  return [
    `Recognising by a gallery, ${profile}: LFW, each search by the person of the most similar photo`,
    line(head),
    ...rows.map(line),
  ].join('\n');
}
