import { decodeImage, defaultImageLimits, type ImageLimits, limitsWith } from '../../media/index.ts';
import { pyramidOf } from '../align/raster.ts';
import { type BoxLayout, boxLayouts, readBoxes } from '../brought/boxes.ts';
import { type ClassMap, ClassMapError, type ClassMapRules, readClassMap } from '../brought/class-map.ts';
import { preparePicture } from '../brought/prepare-picture.ts';
import { PackMissingError } from '../errors.ts';
import type { EncodedImage } from '../faces.ts';
import type { PackStore } from '../packs/index.ts';
import { openNet } from '../sessions/net.ts';
import { type EquipmentMeaning, equipmentMeanings, personsOf, type Seen, toldBy } from './persons.ts';
import type { EquipmentFindings, EquipmentType } from './port.ts';

/** The pack that holds the operator's model. */
export const equipmentPack = 'equipment';

const rules: ClassMapRules = { outputs: boxLayouts, meanings: new Set(equipmentMeanings), fit: 'letterbox' };
/** What is less sure is never told, whatever the caller asks. */
const LEAST_SCORE = 0.5;

/** Finds protective equipment in one process. */
export interface EquipmentEngine {
  findEquipment(image: EncodedImage, signal: AbortSignal): Promise<EquipmentFindings>;
  /** Frees the net. */
  close(): Promise<void>;
}

/** What the engine is made of. */
export interface EquipmentEngineParts {
  readonly packs: PackStore;
  readonly limits?: ImageLimits;
}

/** Reads the class map of a pack for protective equipment. @throws {ClassMapError} */
export function readEquipmentClasses(bytes: Uint8Array): ClassMap {
  const map = readClassMap(bytes, rules);
  if (!map.classes.includes('PERSON'))
    throw new ClassMapError('classes.json: one of the classes has to be PERSON, whom the others are found on');
  return map;
}

/** The equipment that a class map can tell of. */
export function equipmentTold({ classes }: ClassMap): ReadonlySet<EquipmentType> {
  return new Set(classes.flatMap((meaning) => toldBy[meaning as EquipmentMeaning] ?? []));
}

/**
 * Opens the operator's model.
 *
 * @throws {PackMissingError | PackCorruptError | ModelLicenceError | ClassMapError}
 */
export async function openEquipmentEngine({
  packs,
  limits = defaultImageLimits,
}: EquipmentEngineParts): Promise<EquipmentEngine> {
  const pack = await packs.installed(equipmentPack);
  if (pack === undefined) throw new PackMissingError(equipmentPack);
  const map = readEquipmentClasses(await packs.load(equipmentPack, 'classes.json'));
  const net = await openNet(await packs.load(equipmentPack, 'equipment.onnx'));
  const tells = equipmentTold(map);
  const modelVersion = `1.0.${Number.parseInt(pack.version, 16)}`;
  const maxSide = 2 * Math.max(map.input.width, map.input.height);
  return {
    async findEquipment(image, signal) {
      signal.throwIfAborted();
      const decoded = await decodeImage(image.bytes, { limits: limitsWith(limits, image.sides), maxSide });
      signal.throwIfAborted();
      const picture = preparePicture(pyramidOf(decoded), map.input);
      const [output] = Object.values(await net.run(picture.data, picture.dims));
      if (output === undefined) throw new ClassMapError('the model has no output of float32 numbers');
      const boxes = readBoxes(output, map.output as BoxLayout, map.classes.length, LEAST_SCORE);
      const seen = boxes.flatMap(({ index, score, ...box }): Seen[] => {
        const meaning = map.classes[index] as EquipmentMeaning | null | undefined;
        return meaning ? [{ meaning, box: picture.toPicture(box), confidence: Math.min(100, 100 * score) }] : [];
      });
      return { persons: personsOf(seen, tells), tells: [...tells].sort(), modelVersion };
    },
    close: () => net.close(),
  };
}
