import type { Pyramid } from '../align/raster.ts';
import { type PixelFormat, planesOf, scaleImage } from '../align/warp.ts';
import type { PixelPoint } from '../measured-face.ts';
import { freeDimensions } from '../models/free-dimensions.ts';
import { type Net, type NetOutput, openNet, outputOf } from '../sessions/net.ts';
import { type FaceCandidate, suppress } from './boxes.ts';

/** `[1, 3, H, W]` BGR 0..255, black beyond the image; fed with RGB it fails without a sign. */
export const YUNET_FORMAT: PixelFormat = { order: 'bgr', mean: [0, 0, 0], scale: 1, outside: 0 };

/** The file of the pack `yunet`. */
export const YUNET_FILE = 'face_detection_yunet_2023mar.onnx';

/** Both sides of the input must be a multiple of this: the stride of the coarsest map. */
const SIDE_STEP = 32;
const STRIDES = [8, 16, 32] as const;
const SAME_FACE = 0.3;

/** What YuNet saw: with the image-left eye, the image-right eye, the nose, the image-left and -right corner of the mouth. */
export interface YunetCandidate extends FaceCandidate {
  readonly roll: number;
  /** Image pixels. */
  readonly points: readonly [PixelPoint, PixelPoint, PixelPoint, PixelPoint, PixelPoint];
}

/**
 * Opens the published file, which takes 640 x 640 pixels, for images of any size.
 *
 * @param model `face_detection_yunet_2023mar.onnx`, already held to its digest
 * @throws {Error} ONNX Runtime's own error when the file isn't a model it can run
 */
export function openYunet(model: Uint8Array): Promise<Net> {
  return openNet(freeDimensions(model, { inputs: { 2: 'height', 3: 'width' }, outputs: { 1: 'cells' } }));
}

/**
 * Reads the faces out of YuNet's twelve maps, in the order of falling score, duplicates removed.
 *
 * @param outputs `cls_s` and `obj_s` (0..1), `bbox_s` (centre from the cell's origin and logarithm of the size, in
 * strides) and `kps_s` (five points from the cell's origin, in strides), s = 8, 16, 32, `[1, cells, 1 | 4 | 10]`
 * @param width of the input, a multiple of 32
 * @param scale input pixels per image pixel
 * @source W. Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023; OpenCV Zoo, face_detection_yunet
 */
export function decodeYunet(
  outputs: Readonly<Record<string, NetOutput>>,
  width: number,
  scale: number,
  minScore: number,
): YunetCandidate[] {
  const found: YunetCandidate[] = [];
  const least = minScore * minScore;
  for (const stride of STRIDES) {
    const classes = outputOf(outputs, `cls_${stride}`);
    const objects = outputOf(outputs, `obj_${stride}`);
    const boxes = outputOf(outputs, `bbox_${stride}`);
    const points = outputOf(outputs, `kps_${stride}`);
    const columns = width / stride;
    const unit = stride / scale;
    for (let i = 0; i < classes.length; i++) {
      const odds = (classes[i] as number) * (objects[i] as number);
      if (odds < least) continue;
      const column = i % columns;
      const row = Math.floor(i / columns);
      // a point p of the image lies at p * scale + (scale - 1) / 2 of the input
      const x = (k: number) => (column + k) * unit - (scale - 1) / (2 * scale);
      const y = (k: number) => (row + k) * unit - (scale - 1) / (2 * scale);
      const code = (k: number) => boxes[4 * i + k] as number;
      const point = (k: number): PixelPoint => ({
        x: x(points[10 * i + 2 * k] as number),
        y: y(points[10 * i + 2 * k + 1] as number),
      });
      const w = Math.exp(code(2)) * unit;
      const h = Math.exp(code(3)) * unit;
      const [left, right] = [point(0), point(1)];
      found.push({
        box: { x0: x(code(0)) - w / 2, y0: y(code(1)) - h / 2, x1: x(code(0)) + w / 2, y1: y(code(1)) + h / 2 },
        score: Math.sqrt(odds),
        roll: Math.atan2(right.y - left.y, right.x - left.x),
        points: [left, right, point(2), point(3), point(4)],
      });
    }
  }
  return suppress(found, SAME_FACE);
}

/**
 * Looks for faces with YuNet; finds them from about 16 input pixels up to about 300.
 *
 * @param scale input pixels per image pixel
 * @param minScore 0..1
 */
export async function runYunet(net: Net, image: Pyramid, scale: number, minScore: number): Promise<YunetCandidate[]> {
  const width = Math.ceil((image.width * scale) / SIDE_STEP) * SIDE_STEP;
  const height = Math.ceil((image.height * scale) / SIDE_STEP) * SIDE_STEP;
  const input = planesOf(scaleImage(image, scale, width, height, YUNET_FORMAT));
  return decodeYunet(await net.run(input, [1, 3, height, width]), width, scale, minScore);
}
