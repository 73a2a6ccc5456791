import { readData } from '../../shared/package-root.ts';
import type { Pyramid } from '../align/raster.ts';
import type { PackStore } from '../packs/store.ts';
import { type Net, openNet, outputOf } from '../sessions/net.ts';
import { asToldCurve } from './calibration.ts';
import { type LabelVectors, labelPrompts, readLabelVectors, toUnitLength } from './label-vectors.ts';
import { stretchImage, toPlanes } from './pixels.ts';
import type { RawLabel } from './port.ts';
import type { LabelSourceDefinition, LookOptions } from './source.ts';
import { mayTell } from './withheld.ts';

const PACK = 'concepts';
const NET = 'vision_model_quantized.onnx';
const SIDE = 224;
const MIDDLE = [127.5, 127.5, 127.5] as const;

/** data/concepts.json: how a cosine becomes a probability. */
export interface SigmoidOfCosine {
  /** probability = 1 / (1 + exp(-(scale * cosine + bias))) */
  readonly scale: number;
  readonly bias: number;
}

/** Reads SigLIP's learned scale and bias. */
export function readSigmoidOfCosine(): SigmoidOfCosine {
  const { scale, bias } = readData<SigmoidOfCosine>('concepts.json');
  return { scale, bias };
}

/** How likely it is that a picture and a text belong together, 0..1, from the cosine of their vectors. */
export function probabilityOf(cosine: number, { scale, bias }: SigmoidOfCosine): number {
  return 1 / (1 + Math.exp(-(scale * cosine + bias)));
}

/**
 * The vector of a picture in the space of {@link LabelVectors}, of length 1.
 *
 * @param net SigLIP's picture side: `[1, 3, 224, 224]` RGB x / 127.5 - 1, stretched, to `pooler_output`
 */
export async function embedPicture(net: Net, image: Pyramid): Promise<Float32Array> {
  const input = toPlanes(stretchImage(image, SIDE), MIDDLE, MIDDLE);
  return toUnitLength(outputOf(await net.run(input, [1, 3, SIDE, SIDE]), 'pooler_output'));
}

/** Opens the picture side of the concepts pack. @throws {PackMissingError | PackCorruptError | ModelLicenceError} */
export async function openPictureNet(packs: Pick<PackStore, 'load'>): Promise<Net> {
  return openNet(await packs.load(PACK, NET));
}

/**
 * The vectors of the labels, to compare pictures with a concept: a picture's cosine with `vectorOf(name)`.
 *
 * @returns undefined where the pack is not installed, or its vectors are still to be computed
 * @throws {PackCorruptError | ModelLicenceError}
 */
export async function openLabelVectors(
  packs: Pick<PackStore, 'installed' | 'load'>,
): Promise<LabelVectors | undefined> {
  const pack = await packs.installed(PACK);
  return pack?.ready ? readLabelVectors((product) => packs.load(PACK, product)) : undefined;
}

/** The labels whose text fits a picture. */
export function labelsOfPicture(
  picture: Float32Array,
  vectors: LabelVectors,
  sigmoid: SigmoidOfCosine,
  { wanted, minConfidence, attributes }: LookOptions,
): RawLabel[] {
  const { names, width, data } = vectors;
  if (picture.length !== width) throw new Error(`the picture's vector has ${picture.length} numbers, labels ${width}`);
  return names.flatMap((name, label) => {
    if (wanted?.has(name) === false || !mayTell(name, attributes)) return [];
    let cosine = 0;
    for (let i = 0; i < width; i++) cosine += (picture[i] as number) * (data[label * width + i] as number);
    const confidence = asToldCurve.confidenceOf(probabilityOf(cosine, sigmoid));
    return confidence >= minConfidence ? [{ name, confidence, instances: [], source: PACK }] : [];
  });
}

/** Scenes, concepts and everything else of the label table, by comparing the picture with words. */
export const concepts: LabelSourceDefinition = {
  id: PACK,
  version: '1',
  side: 2 * SIDE,
  async coverage({ packs }) {
    if (!(await packs.installed(PACK))?.ready) return undefined;
    return {
      source: PACK,
      version: '1',
      operation: 'DetectLabels',
      labels: labelPrompts()
        .map(({ name }) => name)
        .sort(),
      notCovered:
        'Where in the picture a label is. Every label of the table is tried by its words; how well that works was not measured here for any of them. The confidence is the probability that the model gives to picture and words belonging together, not calibrated: expect low ones for labels that are right.',
    };
  },
  async open({ packs }) {
    const vectors = await openLabelVectors(packs);
    if (vectors === undefined) throw new Error('the label vectors of the concepts pack are not there');
    const sigmoid = readSigmoidOfCosine();
    const net = await openPictureNet(packs);
    return {
      async look(image, options, signal) {
        signal.throwIfAborted();
        return labelsOfPicture(await embedPicture(net, image), vectors, sigmoid, options);
      },
      close: () => net.close(),
    };
  },
};
