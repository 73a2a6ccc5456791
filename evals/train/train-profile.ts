import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';
import type { CalibrationData } from '../../src/vision/recipe/calibration.ts';
import type { RecipeArray, RecipeHeader } from '../../src/vision/recipe/constants.ts';
import { fitCalibration } from '../../src/vision/recipe/fit-calibration.ts';
import { encodeHalf } from '../../src/vision/recipe/half-precision.ts';
import { type ProfileName, profiles } from '../../src/vision/recipe/profiles.ts';
import { trainingSetOf } from '../faces/cross-validated.ts';
import type { FaceFeatures } from '../faces/features.ts';
import { knownLabelErrors } from '../faces/label-errors.ts';
import type { Lfw } from '../faces/lfw.ts';
import { impostorScores, verify } from '../faces/verification.ts';
import { type LearnedRecipe, type LearningParameters, learnRecipe } from './learn.ts';
import type { Matrix } from './matrix.ts';

/** What a profile is trained from. */
export interface TrainingInput {
  readonly profile: ProfileName;
  readonly lfw: Lfw;
  readonly features: FaceFeatures;
  /** Cross-validated scores of the same features and parameters. */
  readonly scores: Matrix<Float32Array>;
  readonly parameters: LearningParameters;
  /** ISO date that is written into the files. */
  readonly date: string;
}

/** What training writes: header and binary of the constants, and the calibration. */
export interface TrainedProfile {
  readonly header: RecipeHeader;
  readonly binary: Uint8Array;
  readonly calibration: CalibrationData;
}

const DATA_SET = 'Labeled Faces in the Wild, deep-funnelled, the images of folds 0 to 4 of View 2 (research use)';

const NOT_COVERED = [
  'children and the elderly: the data set shows adults; others report that models of this kind miss about half of the true matches among children',
  'profiles and steep angles: faces turned more than about 45 degrees',
  'small or blurred faces: the data set shows faces about 100 pixels high',
  'women and people who are not light-skinned are few in the data set: expect more false matches among them than stated',
  'relatives and look-alikes: the pairs of different people were drawn at random',
];

/** Learns the shipped constants on every image and calibrates by the cross-validated scores. */
export function trainProfile(input: TrainingInput): TrainedProfile {
  const { profile, lfw, features, parameters } = input;
  const rows = [...lfw.images.keys()].filter((i) => features.found[i]);
  const learned = learnRecipe(trainingSetOf(profile, features, lfw), rows, parameters);
  const { arrays, binary } = pack(learned);
  const header: RecipeHeader = {
    format: 1,
    profile,
    modelVersion: profiles[profile].modelVersion,
    dlibWeight: parameters.dlibWeight,
    binary: { file: `recipe-${profile}.f16`, sha256: createHash('sha256').update(binary).digest('hex') },
    arrays,
    meanImpostorScore: round(learned.meanImpostorScore),
    learnedWith: { ...parameters },
    provenance: {
      dataSet: DATA_SET,
      images: rows.length,
      people: new Set(rows.map((i) => lfw.images[i]?.person)).size,
      features: features.key,
      script: 'npm run train:recipe',
      date: input.date,
      note: 'learned from images for research use; holds no image and no template of anyone',
    },
    crossValidated: figures(input),
  };
  return { header, binary, calibration: calibrate(input, learned) };
}

/** Writes a trained profile into data/. */
export function writeProfile({ header, binary, calibration }: TrainedProfile): void {
  const folder = join(packageRoot(), 'data');
  writeFileSync(join(folder, header.binary.file), binary);
  writeFileSync(join(folder, `recipe-${header.profile}.json`), `${JSON.stringify(header, null, 2)}\n`);
  writeFileSync(join(folder, `calibration-${header.profile}.json`), `${JSON.stringify(calibration, null, 2)}\n`);
}

function pack(learned: LearnedRecipe): { arrays: RecipeHeader['arrays']; binary: Uint8Array } {
  const fused = learned.shift.length;
  const shapes: readonly [RecipeArray, readonly number[]][] = [
    ['mu', [learned.mu.length]],
    ['axes', learned.mu.length ? [learned.axes.length / learned.mu.length, learned.mu.length] : [0]],
    ['shift', [fused]],
    ['projection', [learned.projection.length / fused, fused]],
  ];
  const arrays = shapes.filter(([, shape]) => shape[0] !== 0).map(([name, shape]) => ({ name, shape }));
  return { arrays, binary: Buffer.concat(arrays.map(({ name }) => encodeHalf(learned[name]))) };
}

function figures({ scores, lfw }: TrainingInput): Record<string, number> {
  const all = verify(scores, lfw);
  const named = all.operatingPoints.map(({ far, tar }) => [
    `tarAtFar${far.toExponential().replace('-', '_')}`,
    round(tar),
  ]);
  return {
    accuracy: round(all.accuracy),
    areaUnderCurve: round(all.auc),
    impostorPairs: all.impostorPairs,
    ...Object.fromEntries(named),
  };
}

function calibrate({ profile, lfw, scores, date }: TrainingInput, learned: LearnedRecipe): CalibrationData {
  const errors = knownLabelErrors(lfw);
  const shipped = (score: number): number => score + learned.meanImpostorScore;
  const impostors = impostorScores(scores, lfw, errors.isOne).filter(Number.isFinite).map(shipped);
  const same = lfw.pairs.filter((pair) => pair.same);
  const genuine = Float32Array.from(same, ({ a, b }) => shipped(scores.data[a * scores.columns + b] ?? 0));
  return fitCalibration(
    { impostors, genuine },
    {
      format: 1,
      modelVersion: profiles[profile].modelVersion,
      dimensions: profiles[profile].dimensions,
      date,
      measuredOn: {
        dataSet: DATA_SET,
        images: lfw.images.length,
        people: lfw.people,
        impostorPairs: impostors.length,
        genuinePairs: genuine.length,
        labelErrorsLeftOut: errors.count,
        method:
          'every pair of different people, scored by constants learned without the people of both images (5 folds, disjoint by person)',
      },
      doesNotCover: NOT_COVERED,
    },
  );
}

function round(x: number): number {
  return Math.round(x * 1e6) / 1e6;
}
