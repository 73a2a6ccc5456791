/**
 * Shows the bias report on data where nothing is to be found: people of LFW in two groups by the parity of a hash.
 *
 * Run: `npm run eval:bias -- [--data FOLDER] [--out FOLDER] [--threshold 80] [--coverage EXPERIMENTS]`
 *
 * It uses the features and cross-validated scores of `npm run eval:faces`, and makes them (minutes) where they are
 * missing. It writes both reports, and pairs.csv and groups.csv for `likeness evaluate bias`, which compares through the
 * gate. `--coverage 1000` instead repeats experiments on synthetic scores with known truth.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type BiasReport,
  biasReportPage,
  defaultProtocol,
  makeBiasReport,
  type ScoredPair,
  signBiasReport,
} from '../../src/bias/index.ts';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { canonicalJson, sha256Hex } from '../../src/shared/canonical-json.ts';
import { packageRoot, packageVersion, readData } from '../../src/shared/package-root.ts';
import { createSigner, makeSigningKey } from '../../src/shared/signing.ts';
import { openModelStore, readManifest } from '../../src/vision/models/index.ts';
import { calibrationFrom, readCalibration } from '../../src/vision/recipe/calibration.ts';
import type { RecipeHeader } from '../../src/vision/recipe/constants.ts';
import { profiles } from '../../src/vision/recipe/profiles.ts';
import { crossValidatedFaces } from '../faces/cross-validated.ts';
import { faceFeatures } from '../faces/features.ts';
import { knownLabelErrors } from '../faces/label-errors.ts';
import { hasLfw, type Lfw, readLfw } from '../faces/lfw.ts';
import { createBars } from '../progress.ts';
import { shippedParameters } from '../train/learn.ts';
import type { Matrix } from '../train/matrix.ts';
import { coverageTable } from './coverage.ts';
import { labelFiles, samplesByParity } from './lfw-groups.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') },
    out: { type: 'string', default: join(packageRoot(), 'build', 'eval-bias') },
    threshold: { type: 'string', default: '80' },
    coverage: { type: 'string' },
  },
});
const bars = createBars();
const lfwFolder = join(resolve(values.data), 'lfw');

if (values.coverage !== undefined) {
  console.log(coverageTable(Number(values.coverage), bars));
} else if (hasLfw(lfwFolder)) {
  await showOnLfw();
} else {
  console.error(`No LFW under ${resolve(values.data)}: name the folder that holds lfw/ with --data.`);
  process.exitCode = 2;
}
bars.stop();

async function showOnLfw(): Promise<void> {
  const lfw = readLfw(lfwFolder);
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const labels = labelFiles(lfw, out);
  writeFileSync(join(out, 'pairs.csv'), labels.pairs);
  writeFileSync(join(out, 'groups.csv'), labels.groups);
  const similarityOf = await crossValidatedSimilarities(lfw);
  const samples = samplesByParity(lfw);
  const pair = (a: number, b: number, same: boolean): ScoredPair => {
    const score = similarityOf(a, b);
    const side = (i: number) => ({
      ...(samples[i] ?? { person: '', group: '' }),
      failed: similarityOf(i, i) === undefined,
    });
    return { a: side(a), b: side(b), same, score };
  };
  const labelled = lfw.pairs.map(({ a, b, same }) => pair(a, b, same));
  write('labelled', labelled, labels, out);
  write('all-impostors', [...labelled.filter(({ same }) => same), ...allImpostors(lfw, pair)], labels, out);
  console.log(
    `\nThe same pairs through the gate: likeness evaluate bias --pairs ${join(out, 'pairs.csv')} --groups ${join(out, 'groups.csv')}`,
  );
}

/** Every pair of two people of one group, and every hundredth across groups; without the known label errors. */
function allImpostors(lfw: Lfw, pair: (a: number, b: number, same: boolean) => ScoredPair): ScoredPair[] {
  const samples = samplesByParity(lfw);
  const errors = knownLabelErrors(lfw);
  const show = bars.start('pairs of different people');
  const out: ScoredPair[] = [];
  for (let a = 0; a < samples.length; a++) {
    for (let b = a + 1; b < samples.length; b++) {
      if (samples[a]?.person === samples[b]?.person || errors.isOne(a, b)) continue;
      if (samples[a]?.group === samples[b]?.group || (a + b) % 100 === 0) out.push(pair(a, b, false));
    }
    show(a + 1, samples.length);
  }
  return out;
}

/** The similarity that two images would have if their people had not been learned from; undefined without a face. */
async function crossValidatedSimilarities(lfw: Lfw): Promise<(a: number, b: number) => number | undefined> {
  const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
  await openModelStore({ modelsDir }).pull();
  const onProgress = bars.start(`features of ${lfw.images.length} images`);
  const features = await faceFeatures(lfw.images, { modelsDir, fresh: false, onProgress });
  const onStep = bars.start('cross-validation');
  const scores: Matrix<Float32Array> = crossValidatedFaces('accurate', features, lfw, shippedParameters, {
    fresh: false,
    onStep,
  });
  const calibration = calibrationFrom(readCalibration(profiles.accurate.modelVersion));
  // Cross-validated scores have the mean of their learning taken off; the calibration is on the shipped scale.
  const { meanImpostorScore } = readData<RecipeHeader>('recipe-accurate.json');
  return (a, b) => {
    if (!features.found[a] || !features.found[b]) return undefined;
    return calibration.similarityOf((scores.data[a * scores.columns + b] ?? 0) + meanImpostorScore);
  };
}

function write(
  name: string,
  pairs: readonly ScoredPair[],
  labels: { pairs: string; groups: string },
  out: string,
): void {
  const started = Date.now();
  const report = makeBiasReport(pairs, {
    ...defaultProtocol,
    // Millions of comparisons: 200 drawings tell the design effect to a tenth.
    replicates: pairs.length > 100_000 ? 200 : defaultProtocol.replicates,
    threshold: Number(values.threshold),
    thresholdFrom: 'chosen for the demonstration',
    scale: { low: 0, high: 100 },
    data: {
      form: 'pairs',
      files: { pairs: sha256Hex(labels.pairs), groups: sha256Hex(labels.groups) },
      identities: 'stated',
      repeatedPairs: 0,
    },
  });
  // A demonstration vouches for nothing: its key is thrown away.
  const signed = signBiasReport(createSigner(makeSigningKey()), report, {
    software: `likeness ${packageVersion()}, evals/bias`,
    signedAt: new Date().toISOString(),
    policy: { version: 'none', digest: 'none' },
    faceModelVersion: profiles.accurate.modelVersion,
    models: readManifest().models.map(({ id, onnx }) => ({ id, sha256: onnx.sha256 })),
  });
  writeFileSync(join(out, `${name}.json`), `${canonicalJson(signed)}\n`);
  writeFileSync(join(out, `${name}.html`), biasReportPage(signed));
  console.log(
    `\n${name}: ${pairs.length} pairs in ${((Date.now() - started) / 1000).toFixed(1)} s, ${join(out, `${name}.html`)}\n${summary(report)}`,
  );
}

function summary({ measurement }: BiasReport): string {
  return [
    ...measurement.groups.flatMap((group) => [
      `${group.group} false matches: ${group.falseMatchWithin.sentence}`,
      `${group.group} false non-matches: ${group.falseNonMatch.sentence}`,
      `${group.group} failures to enrol: ${group.failureToEnrol.sentence}`,
    ]),
    `across groups: ${measurement.pooled.falseMatchAcross.sentence}`,
    ...measurement.differentials.map(({ kind, groups, worst }) => {
      const [first] = groups;
      const ends =
        first &&
        `${first.ratio?.toFixed(2) ?? '?'} [${first.interval.lower.toFixed(2)}, ${first.interval.upper?.toFixed(2) ?? 'none'}], ${first.verdict}`;
      return `${kind}: ${ends ?? 'not compared'}; worst case up to ${worst?.interval.upper?.toFixed(2) ?? 'no limit'}`;
    }),
  ].join('\n');
}
