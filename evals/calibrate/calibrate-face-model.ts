import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Config } from '../../src/config/index.ts';
import { sha256Hex } from '../../src/shared/canonical-json.ts';
import { packageRoot, readData } from '../../src/shared/package-root.ts';
import { SFACE_FILE } from '../../src/vision/embed/sface.ts';
import { type CalibrationData, type FaceEmbedder, type FaceTemplate, sfaceProfile } from '../../src/vision/index.ts';
import {
  installedVersions,
  openPackInstaller,
  openPackStore,
  type PackManifest,
} from '../../src/vision/packs/index.ts';
import { type LabelledPairs, readLabelledPairs } from '../../src/vision/recipe/labelled-pairs.ts';
import {
  calibrationOfScores,
  type PairScores,
  scoreLabelledPairs,
} from '../../src/vision/recipe/measure-calibration.ts';
import { CALIBRATION_FILE } from '../../src/vision/recipe/pack-calibration.ts';
import { openVisionPool } from '../../src/vision/workers/index.ts';

/** What is measured, and who is told. */
export interface CalibrateOptions {
  /** The file of labelled pairs. */
  readonly pairsFile: string;
  /** Where images' paths begin. */
  readonly imagesFolder: string;
  /** What the images are, in words; told with the calibration. */
  readonly dataSet: string | undefined;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** What came of it; no template leaves this process. */
export interface CalibrationResult {
  readonly calibration: CalibrationData;
  /** Where it is recorded. */
  readonly path: string;
  /** Images in which no face was found. */
  readonly faceless: readonly string[];
  /** Pairs that are labelled as different people and are most alike: for human eyes. */
  readonly mostAlike: PairScores['mostAlike'];
}

/** What the tests put in the place of parts. */
export interface CalibrateParts {
  readonly embedder?: Pick<FaceEmbedder, 'embed'>;
  readonly packManifest?: PackManifest;
}

const FAILURES_TOLD = 5;
const workerMemoryBytes = 2 * 2 ** 30;
const NOT_COVERED = [
  'people whom the labelled images do not show, or show rarely: by age, sex, skin and all else',
  'other cameras, light, angles and sizes of faces than those of the labelled images',
  'relatives and look-alikes: the pairs of different people were not chosen for likeness',
  'errors of the labels: a pair of one person under two labels makes false matches look more frequent than they are',
];

/**
 * Measures the face model of the pack `sface` on labelled pairs and records its calibration with the pack. The images
 * are looked at in worker processes, as a server looks at them; nothing of them is kept.
 *
 * @throws {PackMissingError | PackCorruptError | ModelLicenceError} when the pack is not there whole
 * @throws {LabelledPairsError} when the pairs cannot be read, {@link SampleTooSmallError} when they are too few
 * @throws {Error} when an image cannot be read, or is no image
 */
export async function calibrateFaceModel(
  config: Config,
  options: CalibrateOptions,
  parts: CalibrateParts = {},
): Promise<CalibrationResult> {
  const { modelsDir, deployment, workers } = config;
  const { pack, modelVersion, dimensions } = sfaceProfile;
  const manifest = parts.packManifest && { manifest: parts.packManifest };
  const packs = openPackStore({ modelsDir, deployment, ...manifest });
  await packs.load(pack, SFACE_FILE);
  const text = await readFile(options.pairsFile, 'utf8');
  const pairs = readLabelledPairs(text);

  const pool =
    parts.embedder === undefined
      ? openVisionPool({
          entry: join(packageRoot(), 'dist', 'vision', 'workers', 'worker.js'),
          settings: {
            modelsDir,
            deployment,
            profile: sfaceProfile.name,
            packs: await installedVersions(packs, () => {}),
            detector: config.faceDetector,
            limits: {
              maxBytes: config.imageLimits.maxObjectBytes,
              maxPixels: config.imageLimits.maxPixels,
              minSide: config.imageLimits.minSide,
            },
          },
          workers,
          queueLimit: workers,
          taskTimeoutMs: config.requestTimeoutMs,
          workerMemoryBytes,
        })
      : undefined;
  try {
    await pool?.ready();
    const embedder = parts.embedder ?? (pool as FaceEmbedder);
    const { templates, digests } = await embedImages(pairs, embedder, workers, options);
    const scores = scoreLabelledPairs(pairs, templates, showingOne(digests));
    const calibration = calibrationOfScores(scores, {
      format: 1,
      modelVersion,
      dimensions,
      date: new Date().toISOString().slice(0, 10),
      measuredOn: {
        dataSet: `${options.dataSet ?? basename(options.pairsFile)}, labelled by the operator`,
        images: scores.images,
        people: scores.people ?? 0,
        impostorPairs: scores.impostors.length,
        genuinePairs: scores.genuine.length,
        labelErrorsLeftOut: scores.labelErrorsLeftOut,
        method: methodOf(pairs, {
          detector: config.faceDetector,
          pairsDigest: sha256Hex(text),
          imagesDigest: sha256Hex([...digests].sort().join('\n')),
        }),
      },
      doesNotCover: NOT_COVERED,
    });
    const bytes = Buffer.from(`${JSON.stringify(calibration, null, 2)}\n`);
    const path = await openPackInstaller({ modelsDir, deployment, ...manifest }).recordProduct(
      pack,
      CALIBRATION_FILE,
      bytes,
    );
    const faceless = pairs.images.filter((_, i) => templates[i] === undefined);
    return { calibration, path, faceless, mostAlike: scores.mostAlike };
  } finally {
    await pool?.close();
  }
}

/** The template of the largest face of each image, found as CompareFaces finds it in its source image. */
async function embedImages(
  { images }: LabelledPairs,
  embedder: Pick<FaceEmbedder, 'embed'>,
  concurrency: number,
  { imagesFolder, onProgress, signal }: CalibrateOptions,
): Promise<{ readonly templates: readonly (FaceTemplate | undefined)[]; readonly digests: readonly string[] }> {
  const templates: (FaceTemplate | undefined)[] = images.map(() => undefined);
  const digests: string[] = images.map(() => '');
  const failures: string[] = [];
  let [next, done] = [0, 0];
  const worker = async (): Promise<void> => {
    while (next < images.length && !signal.aborted) {
      const at = next++;
      const image = images[at] as string;
      try {
        const bytes = new Uint8Array(await readFile(resolve(imagesFolder, image)));
        digests[at] = sha256Hex(bytes);
        const { accepted } = await embedder.embed(
          { bytes },
          {
            modelVersion: sfaceProfile.modelVersion,
            find: 'largest',
            maxFaces: 1,
            keep: 'largest',
            qualityFilter: 'NONE',
            attributes: new Set(),
          },
          signal,
        );
        templates[at] = accepted[0]?.template;
      } catch (error) {
        failures.push(`${image}: ${(error as Error).message}`);
        // What fails one after the other is not the images' fault alone, and a long run should end early.
        if (failures.length > FAILURES_TOLD) next = images.length;
      }
      onProgress(++done, images.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  signal.throwIfAborted();
  if (failures.length > 0) {
    throw new Error(
      `nothing is calibrated, because images could not be looked at; mend them or leave their pairs out:\n${failures.slice(0, FAILURES_TOLD).join('\n')}`,
    );
  }
  return { templates, digests };
}

/** Whether two images are the same file, or are known to show one person under two labels of LFW. */
function showingOne(digests: readonly string[]): (a: number, b: number) => boolean {
  const { pairs } = readData<{ readonly pairs: readonly (readonly [string, string])[] }>(
    'recipe-lfw-label-errors.json',
  );
  const known = new Set(pairs.flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
  return (a, b) => digests[a] === digests[b] || known.has(`${digests[a]} ${digests[b]}`);
}

function methodOf(
  { people }: LabelledPairs,
  { detector, pairsDigest, imagesDigest }: Record<'detector' | 'pairsDigest' | 'imagesDigest', string>,
): string {
  const which =
    people === undefined
      ? 'the pairs of different people that are labelled'
      : 'every pair of images of different people, who are told apart by the folders of their images';
  return `${which}; the largest face of each image, found by ${detector}; pairs file SHA-256 ${pairsDigest}, images SHA-256 ${imagesDigest}`;
}
