import type { Pyramid } from '../align/raster.ts';
import { type BoxLayout, boxLayouts, readBoxes } from '../brought/boxes.ts';
import { type ClassMap, ClassMapError, type ClassMapRules, readClassMap } from '../brought/class-map.ts';
import { preparePicture } from '../brought/prepare-picture.ts';
import { openNet } from '../sessions/net.ts';
import { type EquipmentMeaning, equipmentMeanings, personsOf, type Seen, toldBy } from './persons.ts';
import type { EquipmentType, PersonFinding } from './port.ts';

const rules: ClassMapRules = { outputs: boxLayouts, meanings: new Set(equipmentMeanings), fit: 'letterbox' };
/** What is less sure is never told, whatever the caller asks. */
const LEAST_SCORE = 0.5;

/** An operator's model of protective equipment, loaded. */
export interface EquipmentModel {
  /** The equipment that its classes can tell of. */
  readonly tells: ReadonlySet<EquipmentType>;
  /** Longest side of the decoding that it needs, pixels. */
  readonly side: number;
  /** Persons of an upright picture, largest first. */
  look(picture: Pyramid): Promise<readonly PersonFinding[]>;
  close(): Promise<void>;
}

function readEquipmentClasses(bytes: Uint8Array): ClassMap {
  const map = readClassMap(bytes, rules);
  if (!map.classes.includes('PERSON'))
    throw new ClassMapError('classes.json: one of the classes has to be PERSON, whom the others are found on');
  return map;
}

/**
 * Opens an operator's model from its two files.
 *
 * @throws {ClassMapError} when the class map is none, or does not fit the model
 */
export async function openEquipmentModel(model: Uint8Array, classes: Uint8Array): Promise<EquipmentModel> {
  const map = readEquipmentClasses(classes);
  const net = await openNet(model);
  const tells = new Set(map.classes.flatMap((meaning) => toldBy[meaning as EquipmentMeaning] ?? []));
  return {
    tells,
    side: 2 * Math.max(map.input.width, map.input.height),
    async look(picture) {
      const prepared = preparePicture(picture, map.input);
      const [output] = Object.values(await net.run(prepared.data, prepared.dims));
      if (output === undefined) throw new ClassMapError('the model has no output of float32 numbers');
      const boxes = readBoxes(output, map.output as BoxLayout, map.classes.length, LEAST_SCORE);
      const seen = boxes.flatMap(({ index, score, ...box }): Seen[] => {
        const meaning = map.classes[index] as EquipmentMeaning | null | undefined;
        return meaning ? [{ meaning, box: prepared.toPicture(box), confidence: Math.min(100, 100 * score) }] : [];
      });
      return personsOf(seen, tells);
    },
    close: () => net.close(),
  };
}
