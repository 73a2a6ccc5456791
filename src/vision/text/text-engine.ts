import { decodeImage, defaultImageLimits, type ImageLimits, limitsWith } from '../../media/index.ts';
import type { Box } from '../../shared/geometry.ts';
import { pyramidOf } from '../align/raster.ts';
import type { ModelStore } from '../models/index.ts';
import { type Net, openNet } from '../sessions/net.ts';
import { alphabetOf } from './ctc.ts';
import { lookForLines } from './look-for-lines.ts';
import type { LineCrop, Quad, TextTasks } from './port.ts';
import { readLine } from './read-line.ts';
import { inReadingOrder } from './reading-order.ts';
import { cornersOf } from './rectangles.ts';
import { alongTheirLines, straighten } from './straighten.ts';

/** What an engine is made of. */
export interface TextEngineParts {
  readonly models: ModelStore;
  /** {@link defaultImageLimits} when left out. */
  readonly limits?: ImageLimits;
}

/** Finds and reads lines of text in one process: one thread of inference. */
export interface TextEngine extends TextTasks {
  /** Frees the nets. */
  close(): Promise<void>;
}

/** Longest side of a decoded image, pixels: twice the closer look, so that crops are sharper than the map. */
const MAX_DECODED_SIDE = 3840;
/** The first lines in reading order that are cut out; and their crops' bytes, which go to another process. */
const MOST_LINES = 400;
const MOST_CROP_BYTES = 24 * 2 ** 20;

/**
 * Loads and verifies the nets of PP-OCRv4 and makes the engine of them.
 *
 * @throws {UnknownModelError | ModelLicenceError | ModelMissingError | ModelCorruptError}
 */
export async function createTextEngine({ models, limits = defaultImageLimits }: TextEngineParts): Promise<TextEngine> {
  const open = async (id: string): Promise<Net> => openNet((await models.load(id)).bytes);
  const [detection, direction, { entry, bytes }] = await Promise.all([
    open('ppocr-detection'),
    open('ppocr-direction'),
    models.load('ppocr-recognition'),
  ]);
  const recognition = await openNet(bytes);
  const dictionary = await models.loadCompanion(entry.id, entry.companions?.[0] ?? '');
  const alphabet = alphabetOf(new TextDecoder().decode(dictionary), Number(entry.outputs[0]?.shape[2]));

  return {
    async findText(image, { within }, signal) {
      signal.throwIfAborted();
      const { bytes: file, sides } = image;
      const decoded = await decodeImage(file, { limits: limitsWith(limits, sides), maxSide: MAX_DECODED_SIDE });
      signal.throwIfAborted();
      const pyramid = pyramidOf(decoded);
      const { width, height } = pyramid;
      const found = alongTheirLines(await lookForLines(detection, pyramid, signal)).map((rectangle) => ({
        rectangle,
        quad: cornersOf(rectangle).map(({ x, y }) => ({ x: x / width, y: y / height })) as unknown as Quad,
      }));
      const wanted = within === undefined ? found : found.filter(({ quad }) => touchesAny(quad, within));
      const ordered = inReadingOrder(wanted, ({ quad }) => quad, width / height);
      const lines: LineCrop[] = [];
      let cropBytes = 0;
      for (const { rectangle, quad } of ordered.slice(0, MOST_LINES)) {
        const line = { quad, ...straighten(pyramid, rectangle) };
        cropBytes += line.pixels.length;
        if (cropBytes > MOST_CROP_BYTES && lines.length > 0) break;
        lines.push(line);
      }
      return { aspect: width / height, lines };
    },

    async readLines(lines, signal) {
      const read = [];
      for (const line of lines) {
        signal.throwIfAborted();
        read.push(await readLine({ direction, recognition, alphabet }, line, signal));
      }
      return read;
    },

    async close() {
      await Promise.all([detection.close(), direction.close(), recognition.close()]);
    },
  };
}

function touchesAny(quad: Quad, boxes: readonly Box[]): boolean {
  const xs = quad.map(({ x }) => x);
  const ys = quad.map(({ y }) => y);
  return boxes.some(
    ({ left, top, width, height }) =>
      Math.max(...xs) > left &&
      Math.min(...xs) < left + width &&
      Math.max(...ys) > top &&
      Math.min(...ys) < top + height,
  );
}
