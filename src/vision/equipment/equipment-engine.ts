import { decodeImage, defaultImageLimits, type ImageLimits, limitsWith } from '../../media/index.ts';
import { pyramidOf } from '../align/raster.ts';
import { PackMissingError } from '../errors.ts';
import type { EncodedImage } from '../faces.ts';
import type { PackStore } from '../packs/index.ts';
import { openEquipmentModel } from './equipment-model.ts';
import type { EquipmentFindings } from './port.ts';

/** The pack that holds the operator's model. */
export const equipmentPack = 'equipment';

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
  const model = await openEquipmentModel(
    await packs.load(equipmentPack, 'equipment.onnx'),
    await packs.load(equipmentPack, 'classes.json'),
  );
  // Digits and dots, as clients expect of a version: the pack's own is hexadecimal.
  const modelVersion = `1.0.${Number.parseInt(pack.version, 16)}`;
  return {
    async findEquipment(image, signal) {
      signal.throwIfAborted();
      const limitsHere = limitsWith(limits, image.sides);
      const picture = pyramidOf(await decodeImage(image.bytes, { limits: limitsHere, maxSide: model.side }));
      signal.throwIfAborted();
      return { persons: await model.look(picture), tells: [...model.tells].sort(), modelVersion };
    },
    close: () => model.close(),
  };
}
