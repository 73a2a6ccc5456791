import { decodeImage, defaultImageLimits, type ImageLimits, limitsWith } from '../../media/index.ts';
import { type Pyramid, pyramidOf } from '../align/raster.ts';
import { squeezeImage } from '../align/squeeze.ts';
import { PLAIN_RGB } from '../align/warp.ts';
import type { FaceEngine } from '../face-engine.ts';
import { embedPicture, openPictureNet } from '../labels/concepts.ts';
import type { ModelStore } from '../models/index.ts';
import type { PackStore } from '../packs/store.ts';
import { type Net, openNet, outputOf } from '../sessions/net.ts';
import { COLOUR_SIDE, coloursOf, ofLengthOne } from './colour.ts';
import { coverFaces } from './cover-faces.ts';
import type { VisualFeatureReader } from './port.ts';
import { CONCEPTS_VERSION, visualFeatureVersion } from './version.ts';

/** The net whose pooled activations say what is shown. */
const MODEL = 'nsfw-mobilenet';
const NET_SIDE = 224;
const NET_FORMAT = { order: 'rgb', mean: [127.5, 127.5, 127.5], scale: 1 / 127.5, outside: 0 } as const;
/** Longest side of the decoding: faces that a net of 224 pixels could tell apart have 30 pixels and more in it. */
const DECODED_SIDE = 896;
/** Faces are few or small where there are more. */
const MOST_FACES = 100;

/** Visual features in one process. */
export interface VisualEngine extends VisualFeatureReader {
  /** Frees the nets. */
  close(): Promise<void>;
}

/**
 * Opens the net for visual features: the image embedding of the concepts pack where it is installed, else the moderation
 * net's global average pool. Both saw pictures of all kinds; neither is the embedding of a face net.
 *
 * @param parts.faces finds the faces that are made unrecognisable first
 * @throws {ModelMissingError | ModelCorruptError | ModelLicenceError | PackCorruptError}
 */
export async function openVisualEngine(parts: {
  readonly models: ModelStore;
  /** The optional packs that the server started with. */
  readonly packs: Pick<PackStore, 'installed' | 'load'>;
  readonly faces: Pick<FaceEngine, 'detectIn'>;
  readonly limits?: ImageLimits;
}): Promise<VisualEngine> {
  const { faces, limits = defaultImageLimits } = parts;
  const version = await visualFeatureVersion(parts.packs);
  const isConcepts = version === CONCEPTS_VERSION;
  const net = isConcepts ? await openPictureNet(parts.packs) : await openNet((await parts.models.load(MODEL)).bytes);
  const contentIn = isConcepts ? embedPicture : pooledActivations;
  return {
    async visualFeature(image, signal) {
      signal.throwIfAborted();
      const decoded = await decodeImage(image.bytes, {
        limits: limitsWith(limits, image.sides),
        maxSide: DECODED_SIDE,
      });
      signal.throwIfAborted();
      const { faces: found } = await faces.detectIn(
        pyramidOf(decoded),
        { maxFaces: MOST_FACES, attributes: new Set(), describedFaces: 0 },
        signal,
      );
      const covered = pyramidOf(coverFaces(decoded, found));
      const content = await contentIn(net, covered);
      return {
        version,
        content,
        colours: coloursOf(squeezeImage(covered, COLOUR_SIDE, COLOUR_SIDE, PLAIN_RGB)),
      };
    },
    close: () => net.close(),
  };
}

async function pooledActivations(net: Net, image: Pyramid): Promise<Float32Array> {
  const input = squeezeImage(image, NET_SIDE, NET_SIDE, NET_FORMAT);
  return ofLengthOne(outputOf(await net.run(input, [1, NET_SIDE, NET_SIDE, 3]), 'feature'));
}
