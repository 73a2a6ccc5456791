import { decodeImage, defaultImageLimits, type ImageLimits, limitsWith } from '../../media/index.ts';
import type { EncodedImage } from '../faces.ts';
import type { ModelStore } from '../models/index.ts';
import { labelsOf, MODERATION_SIDE, openModerationNet } from './default-net.ts';
import type { ModerationFindings } from './port.ts';

/** The version of what the net that comes with Likeness tells; no version of Rekognition's. */
export const moderationVersion = '1.0';

/** Moderation in one process. */
export interface ModerationEngine {
  moderate(image: EncodedImage, signal: AbortSignal): Promise<ModerationFindings>;
  /** Frees the nets. */
  close(): Promise<void>;
}

/** What the engine is made of. */
export interface ModerationEngineParts {
  readonly models: ModelStore;
  readonly limits?: ImageLimits;
}

/**
 * Opens the nets of moderation.
 *
 * @throws {ModelMissingError | ModelCorruptError | ModelLicenceError}
 */
export async function openModerationEngine({
  models,
  limits = defaultImageLimits,
}: ModerationEngineParts): Promise<ModerationEngine> {
  const net = await openModerationNet(models);
  return {
    async moderate(image, signal) {
      signal.throwIfAborted();
      const raster = await decodeImage(image.bytes, {
        limits: limitsWith(limits, image.sides),
        maxSide: MODERATION_SIDE,
      });
      signal.throwIfAborted();
      return { ...labelsOf(await net.classify(raster)), modelVersion: moderationVersion };
    },
    close: () => net.close(),
  };
}
