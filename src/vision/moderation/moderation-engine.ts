import { decodeImage, defaultImageLimits, type ImageLimits, limitsWith, type PixelImage } from '../../media/index.ts';
import { pyramidOf } from '../align/raster.ts';
import type { EncodedImage } from '../faces.ts';
import type { ModelStore } from '../models/index.ts';
import type { PackStore } from '../packs/index.ts';
import { labelsOf, MODERATION_SIDE, openModerationNet } from './default-net.ts';
import { openModerationPack } from './pack.ts';
import type { ModerationFindings } from './port.ts';
import { moderationVersion } from './version.ts';

/** Moderation in one process. */
export interface ModerationEngine {
  moderate(image: EncodedImage, signal: AbortSignal): Promise<ModerationFindings>;
  /** Frees the nets. */
  close(): Promise<void>;
}

/** What the engine is made of. */
export interface ModerationEngineParts {
  readonly models: ModelStore;
  readonly packs?: PackStore;
  readonly limits?: ImageLimits;
}

/**
 * Opens the nets of moderation: the one that comes with Likeness, and an operator's where its pack is installed. What both
 * can tell, the operator's tells alone.
 *
 * @throws {ModelMissingError | ModelCorruptError | ModelLicenceError | PackCorruptError | ClassMapError}
 */
export async function openModerationEngine({
  models,
  packs,
  limits = defaultImageLimits,
}: ModerationEngineParts): Promise<ModerationEngine> {
  const brought = packs && (await openModerationPack(packs));
  const net = await openModerationNet(models);
  const modelVersion = brought ? `${moderationVersion}.${brought.version}` : moderationVersion;

  const decode = (image: EncodedImage, maxSide: number): Promise<PixelImage> =>
    decodeImage(image.bytes, { limits: limitsWith(limits, image.sides), maxSide });

  return {
    async moderate(image, signal) {
      signal.throwIfAborted();
      const raster = await decode(image, MODERATION_SIDE);
      signal.throwIfAborted();
      const own = labelsOf(await net.classify(raster));
      if (brought === undefined) return { ...own, modelVersion };
      // The default net is fed from a decoding of its own size, or its answers would change with the pack.
      const larger = brought.side > MODERATION_SIDE ? await decode(image, brought.side) : raster;
      signal.throwIfAborted();
      const theirs = await brought.look(pyramidOf(larger));
      return {
        labels: [...own.labels.filter(({ name }) => !brought.told.labels.has(name)), ...theirs.labels],
        contentTypes: [
          ...own.contentTypes.filter(({ name }) => !brought.told.contentTypes.has(name)),
          ...theirs.contentTypes,
        ],
        modelVersion,
      };
    },
    async close() {
      await Promise.all([net.close(), brought?.close()]);
    },
  };
}
