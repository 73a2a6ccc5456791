/**
 * Trains the probes of Eyeglasses, Sunglasses, Beard and Mustache and writes data/probes.json and data/probes.f16:
 * `npm run train:probes -- [LFW folder, ../shared/data/lfw by default] [models folder]`.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeEvaluation } from '../evals/attributes/index.ts';
import { measureLabelledFaces, readLabels } from '../evals/attributes/labelled-faces.ts';
import { FOLDS, RARITY_KEPT, RIDGE, trainProbes } from '../evals/attributes/train-probes.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import type { ProbesHeader } from '../src/vision/attributes/index.ts';
import { openModelStore } from '../src/vision/models/index.ts';
import { encodeHalf } from '../src/vision/recipe/half-precision.ts';

const [
  lfw = join(packageRoot(), '..', 'shared', 'data', 'lfw'),
  modelsDir = join(homedir(), '.cache/likeness/models'),
] = process.argv.slice(2);
const models = openModelStore({ modelsDir: resolve(modelsDir) });
await models.pull();
const faces = await measureLabelledFaces({ imagesFolder: join(resolve(lfw), 'images'), models }, report);
const trained = trainProbes(faces, report);
process.stderr.write('\n');

const [first] = trained;
if (first === undefined) throw new Error('no probe was trained');
const { mean, featureScale } = first.model;
const rows = [mean, ...trained.map(({ model }) => Float32Array.from(model.weights))];
const numbers = new Float32Array(rows.length * mean.length);
rows.forEach((row, i) => {
  numbers.set(row, i * mean.length);
});
const binary = encodeHalf(numbers);
const people = new Set(faces.map(({ person }) => person)).size;
const header: ProbesHeader = {
  format: 1,
  binary: { file: 'probes.f16', sha256: createHash('sha256').update(binary).digest('hex') },
  dimensions: mean.length,
  featureScale,
  probes: trained.map(({ field, model, slope, offset, crossValidated }) => ({
    field,
    bias: model.bias,
    slope,
    offset,
    crossValidated,
  })),
  learnedWith: { ridge: RIDGE, facialHairRarityKept: RARITY_KEPT.beard, folds: FOLDS, faces: faces.length, people },
  provenance: {
    trainedOn: 'Labeled Faces in the Wild, deep-funnelled: images for research use, none of them in this repository',
    labels: 'data/attribute-labels.tsv, made by hand; see data/attribute-labels.md',
    feature: 'faceres, mean of crop and mirror image, square root of each element, unit length',
    calibration:
      'Platt scaling on held-out scores, at the frequencies of the training images; for facial hair at frequencies halfway (in log-odds) between those and one in two',
    caveats:
      'Mostly frontal adults of the news of 2002 to 2005, mostly men; doubtful cases were left out of labels and figures.',
    date: new Date().toISOString().slice(0, 10),
    script: 'scripts/train-probes.ts',
  },
};
const folder = join(packageRoot(), 'data');
writeFileSync(join(folder, header.binary.file), binary);
writeFileSync(join(folder, 'probes.json'), `${JSON.stringify(header, null, 2)}\n`);
const [eyeglasses, sunglasses, beard, mustache] = trained.map((probe) => probe.crossValidated);
if (eyeglasses && sunglasses && beard && mustache) {
  const byField = { eyeglasses, sunglasses, beard, mustache };
  console.log(
    describeEvaluation({ labelled: readLabels().size, measured: faces.length, people, folds: FOLDS, byField }),
  );
}

function report(step: string, done: number, total: number): void {
  if (done % 50 === 0 || done === total) process.stderr.write(`\r${step} ${done} of ${total}   `);
}
