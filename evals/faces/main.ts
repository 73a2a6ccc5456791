/**
 * Measures faces on named data sets: verification, identification, detection, attributes, and other pipelines.
 *
 * Run: `npm run eval:faces -- [--data FOLDER] [--profile accurate|fast] [--json] [--fresh] [--peers] [--quick]
 * [--detector faceboxes|yunet] [--only detection]`
 *
 * `--detector yunet` measures detection with FaceBoxes and with YuNet in one run, the file being models/ of the data;
 * `--only detection` measures nothing else.
 * `--quick` leaves attributes out, `--peers` measures the other pipelines too (about 20 minutes each the first time),
 * `--fresh` makes features and cross-validated scores anew; needed after the pipeline's code changed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { packageRoot, readData } from '../../src/shared/package-root.ts';
import type { DetectorName } from '../../src/vision/detect/finder.ts';
import { YUNET_FILE } from '../../src/vision/detect/yunet.ts';
import { createFaceEngine } from '../../src/vision/face-engine.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { calibrationFrom, decadesOfSimilarity, readCalibration } from '../../src/vision/recipe/calibration.ts';
import type { RecipeHeader } from '../../src/vision/recipe/constants.ts';
import { type ProfileName, profiles } from '../../src/vision/recipe/profiles.ts';
import { evaluateAttributes } from '../attributes/index.ts';
import { createBars } from '../progress.ts';
import { shippedParameters } from '../train/learn.ts';
import { crossValidatedFaces } from './cross-validated.ts';
import { countFaces, type DetectionResult, detectCrowds } from './detection.ts';
import { type FaceFeatures, faceFeatures } from './features.ts';
import { identify } from './identification.ts';
import { knownLabelErrors } from './label-errors.ts';
import { hasLfw, type Lfw, readLfw } from './lfw.ts';
import { measurePeers } from './peers.ts';
import { detectionText, type FaceReport, type ProfileResult, reportText } from './report.ts';
import { detectionTargets, verificationTargets } from './targets.ts';
import { tarOfLabelledPairs, verify } from './verification.ts';

const GALLERIES = [250, 500, 1000, 1500];
const SIMILARITIES = [80, 90, 99];

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    detector: { type: 'string', default: 'faceboxes' },
    only: { type: 'string' },
  },
});
const detectors: readonly DetectorName[] = values.detector === 'yunet' ? ['faceboxes', 'yunet'] : ['faceboxes'];
const data = resolve(values.data);
const bars = createBars();

if (values.only === 'detection') {
  const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
  const models = openModelStore({ modelsDir });
  await models.pull();
  const detection = await measureDetection(models);
  bars.stop();
  console.log(values.json ? JSON.stringify(detection, null, 2) : detectionText(detection));
} else if (hasLfw(join(data, 'lfw'))) {
  const report = await evaluate();
  bars.stop();
  const file = join(packageRoot(), 'build', 'eval-faces.json');
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(values.json ? JSON.stringify(report, null, 2) : `${reportText(report)}\n\nAs JSON: ${file}`);
  if (report.targets.some(({ met }) => !met)) process.exitCode = 1;
} else {
  console.error(`No LFW under ${data}: name the folder that holds lfw/, crowd/ and faces/ with --data.`);
  process.exitCode = 2;
}

async function evaluate(): Promise<FaceReport> {
  const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
  const models = openModelStore({ modelsDir });
  await models.pull();
  const lfw = readLfw(join(data, 'lfw'));
  const onProgress = bars.start(`features of ${lfw.images.length} images`);
  const features = await faceFeatures(lfw.images, { modelsDir, fresh: values.fresh, onProgress });
  const wanted = Object.values(profiles).filter(({ name }) => values.profile === undefined || name === values.profile);
  const results = wanted.map(({ name }) => measureProfile(name, lfw, features));
  const detection = await measureDetection(models);
  const crowds = detection.find(({ detector }) => detector === 'faceboxes')?.crowds ?? [];
  const accurate = results.find(({ modelVersion }) => modelVersion === profiles.accurate.modelVersion);
  return {
    date: new Date().toISOString().slice(0, 10),
    images: lfw.images.length,
    people: lfw.people,
    pairs: lfw.pairs.length,
    profiles: results,
    detection,
    ...(values.quick ? {} : { attributes: await measureAttributes(models) }),
    ...(values.peers ? { peers: await measureOthers(lfw) } : {}),
    targets: [...(accurate ? verificationTargets(accurate.verification) : []), ...detectionTargets(crowds)],
  };
}

function measureProfile(profile: ProfileName, lfw: Lfw, features: FaceFeatures): ProfileResult {
  const onStep = bars.start(`cross-validation of ${profile}`);
  const scores = crossValidatedFaces(profile, features, lfw, shippedParameters, { fresh: values.fresh, onStep });
  const errors = knownLabelErrors(lfw);
  return {
    modelVersion: profiles[profile].modelVersion,
    facesNotFound: features.found.reduce((count, found) => count + (found ? 0 : 1), 0),
    verification: verify(scores, lfw),
    withoutLabelErrors: verify(scores, lfw, errors.isOne),
    labelErrors: errors.count,
    tarOfLabelledPairs: tarOfLabelledPairs(scores, lfw, 1e-3),
    identification: identify(scores, lfw, GALLERIES, searchThresholds(profile), errors.isOne),
  };
}

/** The shipped calibration's scores, brought to the scale of the cross-validated ones. */
function searchThresholds(profile: ProfileName): Parameters<typeof identify>[3] {
  const calibration = calibrationFrom(readCalibration(profiles[profile].modelVersion));
  const { meanImpostorScore } = readData<RecipeHeader>(`recipe-${profile}.json`);
  return SIMILARITIES.map((similarity) => ({
    similarity,
    score: calibration.scoreOf(similarity) - meanImpostorScore,
    rate: 10 ** -decadesOfSimilarity(similarity),
  }));
}

/** Detection with one detector after the other, on the same pictures. */
async function measureDetection(models: ReturnType<typeof openModelStore>): Promise<DetectionResult[]> {
  const results: DetectionResult[] = [];
  for (const detector of detectors) {
    const yunet = detector === 'yunet' && readFileSync(join(data, 'models', YUNET_FILE));
    const engine = await createFaceEngine({ models, ...(yunet && { yunet }) });
    try {
      const start = performance.now();
      const crowds = await detectCrowds(engine, join(data, 'crowd'), bars.start(`crowds, ${detector}`));
      const counts = await countFaces(engine, join(data, 'faces'), bars.start(`photos, ${detector}`));
      results.push({ detector, crowds, counts, seconds: (performance.now() - start) / 1000 });
    } finally {
      await engine.close();
    }
  }
  return results;
}

async function measureAttributes(models: ReturnType<typeof openModelStore>): ReturnType<typeof evaluateAttributes> {
  const steps = new Map<string, (done: number, total: number) => void>();
  return evaluateAttributes({ imagesFolder: join(data, 'lfw', 'images'), models }, (step, done, total) => {
    const show = steps.get(step) ?? bars.start(step);
    steps.set(step, show);
    show(done, total);
  });
}

async function measureOthers(lfw: Lfw): ReturnType<typeof measurePeers> {
  const show = bars.start('other pipelines');
  const done = new Map<string, number>();
  return measurePeers({
    pairs: lfw.pairs,
    images: lfw.images,
    onProgress: (peer, pairs, total) => {
      done.set(peer, pairs);
      show(
        [...done.values()].reduce((sum, x) => sum + x, 0),
        2 * total,
      );
    },
  });
}
