/**
 * Learns the constants of the face recipes from LFW and calibrates similarity; writes data/recipe-* and
 * data/calibration-*.
 *
 * Run: `npm run train:recipe -- [--lfw FOLDER] [--profile accurate|fast] [--fresh]`
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { crossValidatedFaces } from '../evals/faces/cross-validated.ts';
import { faceFeatures } from '../evals/faces/features.ts';
import { readLfw } from '../evals/faces/lfw.ts';
import { createBars } from '../evals/progress.ts';
import { shippedParameters } from '../evals/train/learn.ts';
import { trainProfile, writeProfile } from '../evals/train/train-profile.ts';
import { loadConfig, readEnvironment } from '../src/config/index.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import { describeCalibration } from '../src/vision/recipe/describe.ts';
import { type ProfileName, profiles } from '../src/vision/recipe/profiles.ts';

const { values } = parseArgs({
  options: {
    lfw: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data', 'lfw') },
    profile: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
});
const wanted = Object.keys(profiles).filter(
  (name): name is ProfileName => values.profile === undefined || name === values.profile,
);
if (wanted.length === 0) throw new Error(`--profile is one of ${Object.keys(profiles).join(', ')}`);

const bars = createBars();
const lfw = readLfw(resolve(values.lfw));
const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
const features = await faceFeatures(lfw.images, {
  modelsDir,
  fresh: values.fresh,
  onProgress: bars.start(`features of ${lfw.images.length} images`),
});
for (const profile of wanted) {
  const onStep = bars.start(`cross-validation of ${profile}`);
  const parameters = shippedParameters;
  const scores = crossValidatedFaces(profile, features, lfw, parameters, { fresh: values.fresh, onStep });
  bars.stop();
  const date = new Date().toISOString().slice(0, 10);
  const trained = trainProfile({ profile, lfw, features, scores, parameters, date });
  writeProfile(trained);
  console.log(`${profile}: ${JSON.stringify(trained.header.crossValidated)}`);
  console.log(describeCalibration(profiles[profile].modelVersion));
}
