import type { Pyramid } from '../align/raster.ts';
import { type BoxLayout, boxLayouts, readBoxes } from '../brought/boxes.ts';
import { type ClassMap, ClassMapError } from '../brought/class-map.ts';
import { preparePicture } from '../brought/prepare-picture.ts';
import type { PackStore } from '../packs/index.ts';
import { type NetOutput, openNet } from '../sessions/net.ts';
import {
  type ClassifierOutput,
  type ModerationTold,
  moderationPack,
  moderationTold,
  readModerationClasses,
} from './pack-classes.ts';
import type { RawContentType, RawModerationLabel } from './port.ts';

/** An operator's model of moderation, loaded. */
export interface BroughtModeration {
  /** A whole number that belongs to exactly these files. */
  readonly version: number;
  readonly told: ModerationTold;
  /** Longest side of the decoding that it needs, pixels. */
  readonly side: number;
  /** Tells each label and content type of its class map once. */
  look(picture: Pyramid): Promise<{
    readonly labels: readonly RawModerationLabel[];
    readonly contentTypes: readonly RawContentType[];
  }>;
  close(): Promise<void>;
}

/** Boxes below it change nothing: it is no confidence that anybody asks for. */
const LEAST_SCORE = 0.01;

/** How sure a model is of each of its classes, 0..1, by index. */
function scoresOf(output: NetOutput, { output: layout, classes }: ClassMap): readonly number[] {
  const boxes = boxLayouts.find((name) => name === layout);
  if (boxes !== undefined) return scoresOfBoxes(output, boxes, classes.length);
  const values = [...output.data];
  if (values.length !== classes.length) {
    throw new ClassMapError(
      `the model's output is [${output.dims.join(', ')}]; classes.json names ${classes.length} classes. Check output and classes there.`,
    );
  }
  if (!values.every(Number.isFinite)) throw new ClassMapError('the model gives values that are no numbers');
  return probabilities(values, layout as ClassifierOutput);
}

function scoresOfBoxes(output: NetOutput, layout: BoxLayout, classes: number): number[] {
  const scores = new Array<number>(classes).fill(0);
  for (const { index, score } of readBoxes(output, layout, classes, LEAST_SCORE))
    scores[index] = Math.max(scores[index] ?? 0, score);
  return scores;
}

function probabilities(values: readonly number[], layout: ClassifierOutput): readonly number[] {
  if (layout === 'probabilities') return values;
  if (layout === 'sigmoid') return values.map((value) => 1 / (1 + Math.exp(-value)));
  const highest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Confidence of each name, 0..100: classes of one name are added where only one class can be right, else the surest counts. */
function confidencesOf(scores: readonly number[], { output, classes }: ClassMap): Map<string, number> {
  const confidences = new Map<string, number>();
  for (const [index, name] of classes.entries()) {
    if (name === null) continue;
    const score = 100 * Math.min(1, Math.max(0, scores[index] ?? 0));
    const before = confidences.get(name) ?? 0;
    confidences.set(name, Math.min(100, output === 'softmax' ? before + score : Math.max(before, score)));
  }
  return confidences;
}

/**
 * Opens an operator's model from its two files.
 *
 * @throws {ClassMapError} when the class map is none, or does not fit the model
 */
export async function openModerationModel(
  model: Uint8Array,
  classes: Uint8Array,
): Promise<Omit<BroughtModeration, 'version'>> {
  const map = readModerationClasses(classes);
  const net = await openNet(model);
  const told = moderationTold(map);
  return {
    told,
    side: 2 * Math.max(map.input.width, map.input.height),
    async look(picture) {
      const { data, dims } = preparePicture(picture, map.input);
      const [output] = Object.values(await net.run(data, dims));
      if (output === undefined) throw new ClassMapError('the model has no output of float32 numbers');
      const found = [...confidencesOf(scoresOf(output, map), map)].map(([name, confidence]) => ({ name, confidence }));
      return {
        labels: found.filter(({ name }) => told.labels.has(name)),
        contentTypes: found.filter(({ name }) => told.contentTypes.has(name)),
      };
    },
    close: () => net.close(),
  };
}

/**
 * Opens the installed pack; undefined where there is none.
 *
 * @throws {PackCorruptError | ModelLicenceError | ClassMapError}
 */
export async function openModerationPack(packs: PackStore): Promise<BroughtModeration | undefined> {
  const pack = await packs.installed(moderationPack);
  if (pack === undefined) return undefined;
  const [model, classes] = await Promise.all(
    ['moderation.onnx', 'classes.json'].map((file) => packs.load(moderationPack, file)),
  );
  if (model === undefined || classes === undefined) return undefined;
  return { ...(await openModerationModel(model, classes)), version: versionNumber(pack.version) };
}

/** A pack's version as digits. */
export const versionNumber = (version: string): number => Number.parseInt(version, 16);
