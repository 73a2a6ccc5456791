import type { Pyramid } from '../align/raster.ts';
import { cutChip, type PixelFormat, scaleImage } from '../align/warp.ts';
import { type Net, type NetOutput, outputOf } from '../sessions/net.ts';
import { type FaceCandidate, suppress } from './boxes.ts';

/** `[1, H, W, 3]` RGB (x - 127.5) / 127.5, black beyond the image. */
export const FACEBOXES_FORMAT: PixelFormat = {
  order: 'rgb',
  mean: [127.5, 127.5, 127.5],
  scale: 1 / 127.5,
  outside: 0,
};

/** Both sides of the input must be a multiple of this: the stride of the coarsest map. */
const SIDE_STEP = 128;
const SAME_FACE = 0.3;

/** A prior box: centre within its cell and side, in input pixels. */
interface Prior {
  readonly dx: number;
  readonly dy: number;
  readonly side: number;
}

/** Dense priors of 32 and 64 pixels on the finest map, as the paper densifies them 4x4 and 2x2. */
const FINE_PRIORS: readonly Prior[] = [
  ...[4, 12, 20, 28].flatMap((dx) => [4, 12, 20, 28].map((dy) => ({ dx, dy, side: 32 }))),
  ...[0, 32].flatMap((dx) => [0, 32].map((dy) => ({ dx, dy, side: 64 }))),
  { dx: 16, dy: 16, side: 128 },
];

const MAPS: readonly { readonly stride: number; readonly priors: readonly Prior[] }[] = [
  { stride: 32, priors: FINE_PRIORS },
  { stride: 64, priors: [{ dx: 32, dy: 32, side: 256 }] },
  { stride: 128, priors: [{ dx: 64, dy: 64, side: 512 }] },
];

/**
 * Reads the faces out of FaceBoxes' six maps, in the order of falling score, duplicates removed.
 *
 * @param outputs `classes_i` (background and face logits per prior) and `boxes_i` (y, x, height, width over variances
 * .1 and .2), i = 0..2, `[1, h, w, priors * 2 | 4]`
 * @param scale input pixels per image pixel
 * @source S. Zhang et al., "FaceBoxes: A CPU Real-time Face Detector with High Accuracy", 2017
 */
export function decodeFaceBoxes(
  outputs: Readonly<Record<string, NetOutput>>,
  width: number,
  height: number,
  scale: number,
  minScore: number,
): FaceCandidate[] {
  const minLogit = Math.log(minScore / (1 - minScore));
  const found: FaceCandidate[] = [];
  MAPS.forEach(({ stride, priors }, index) => {
    const logits = outputOf(outputs, `classes_${index}`);
    const codes = outputOf(outputs, `boxes_${index}`);
    const columns = width / stride;
    const count = columns * (height / stride) * priors.length;
    for (let i = 0; i < count; i++) {
      const logit = (logits[2 * i + 1] as number) - (logits[2 * i] as number);
      if (logit < minLogit) continue;
      const cell = Math.floor(i / priors.length);
      const prior = priors[i % priors.length] as Prior;
      const ax = (cell % columns) * stride + prior.dx;
      const ay = Math.floor(cell / columns) * stride + prior.dy;
      // the net was trained on priors clipped to the image
      const left = Math.max(0, ax - prior.side / 2);
      const right = Math.min(width, ax + prior.side / 2);
      const top = Math.max(0, ay - prior.side / 2);
      const bottom = Math.min(height, ay + prior.side / 2);
      const cx = (left + right) / 2 + ((codes[4 * i + 1] as number) / 10) * (right - left);
      const cy = (top + bottom) / 2 + ((codes[4 * i] as number) / 10) * (bottom - top);
      const w = (right - left) * Math.exp((codes[4 * i + 3] as number) / 5);
      const h = (bottom - top) * Math.exp((codes[4 * i + 2] as number) / 5);
      found.push({
        box: {
          x0: (cx - w / 2) / scale,
          y0: (cy - h / 2) / scale,
          x1: (cx + w / 2) / scale,
          y1: (cy + h / 2) / scale,
        },
        score: 1 / (1 + Math.exp(-logit)),
      });
    }
  });
  return suppress(found, SAME_FACE);
}

/**
 * Looks for faces with FaceBoxes; finds them from about 16 input pixels, turned up to about 60 degrees.
 *
 * @param scale input pixels per image pixel
 * @param minScore 0..1
 */
export async function runFaceBoxes(
  net: Net,
  image: Pyramid,
  scale: number,
  minScore: number,
): Promise<FaceCandidate[]> {
  const width = Math.ceil((image.width * scale) / SIDE_STEP) * SIDE_STEP;
  const height = Math.ceil((image.height * scale) / SIDE_STEP) * SIDE_STEP;
  const input = scaleImage(image, scale, width, height, FACEBOXES_FORMAT);
  const outputs = await net.run(input, [1, height, width, 3]);
  return decodeFaceBoxes(outputs, width, height, scale, minScore);
}

/**
 * Looks for faces in a square of the image only, as {@link runFaceBoxes} does in all of it.
 *
 * @param square in image pixels; grown to what the net takes, may reach beyond the image
 */
export async function runFaceBoxesWithin(
  net: Net,
  image: Pyramid,
  square: { readonly x: number; readonly y: number; readonly side: number },
  scale: number,
  minScore: number,
): Promise<FaceCandidate[]> {
  const side = Math.ceil((square.side * scale) / SIDE_STEP) * SIDE_STEP;
  const input = new Float32Array(side * side * 3);
  const shift = (at: number) => -at * scale + (scale - 1) / 2;
  cutChip(image, { a: scale, b: 0, tx: shift(square.x), ty: shift(square.y) }, side, side, FACEBOXES_FORMAT, input);
  const outputs = await net.run(input, [1, side, side, 3]);
  return decodeFaceBoxes(outputs, side, side, scale, minScore).map(({ box, ...rest }) => ({
    ...rest,
    box: { x0: box.x0 + square.x, y0: box.y0 + square.y, x1: box.x1 + square.x, y1: box.y1 + square.y },
  }));
}
