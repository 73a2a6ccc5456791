import type { Pyramid } from '../align/raster.ts';
import { invert, mapPoint, squareToChip } from '../align/similarity.ts';
import { cutChip, mirrorChip, type PixelFormat } from '../align/warp.ts';
import { type Net, outputOf } from '../sessions/net.ts';
import { rollOfMesh } from './facemesh.ts';

/** `[N, 64, 64, 3]` RGB 0..1. */
export const IRIS_FORMAT: PixelFormat = { order: 'rgb', mean: [0, 0, 0], scale: 1 / 255, outside: 0 };

const SIDE = 64;
/** Side of the crop in widths of the eye. */
const MARGIN = 2.3;
/** Narrower eyes have irises of under 4 pixels: the mesh's own eye centre is as good. */
const MIN_EYE_PIXELS = 10;
const OUTPUTS = 228;
/** The lids come first: corner 0, lower lid 1..7, corner 8, upper lid 9..15, each above its lower point. */
const LID_POINTS = 7;
const FAR_CORNER = 8;
/** The five iris points follow 71 points of the eye's contour. */
const FIRST_IRIS_POINT = 71;
const IRIS_POINTS = 5;

/** Five points of each iris as `[5, 2]` in image pixels, the centre first; left is the image's. */
export interface Irises {
  readonly left: Float32Array;
  readonly right: Float32Array;
  /** Mean gap of the lids of both eyes over the eye's width: under .1 closed, about .2 open. */
  readonly openness: number;
}

/** Gap of the lids over the width of the eye, of the contour that starts at `from`. */
function opennessOf(landmarks: Float32Array, from: number): number {
  const distance = (i: number, j: number) => {
    const a = from + 3 * i;
    const b = from + 3 * j;
    return Math.hypot(
      (landmarks[a] as number) - (landmarks[b] as number),
      (landmarks[a + 1] as number) - (landmarks[b + 1] as number),
    );
  };
  let gap = 0;
  for (let i = 1; i <= LID_POINTS; i++) gap += distance(i, i + FAR_CORNER) / LID_POINTS;
  return gap / Math.max(distance(0, FAR_CORNER), 1e-6);
}

/**
 * Finds the irises of a face, both eyes in one run; undefined when the eyes are too small.
 *
 * The net was trained on one side's eyes only, so the other eye goes in mirrored.
 *
 * @source A. Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital Puppetry", 2020
 */
export async function runIris(net: Net, image: Pyramid, mesh: Float32Array): Promise<Irises | undefined> {
  const corner = (i: number) => ({ x: mesh[i * 3] as number, y: mesh[i * 3 + 1] as number });
  const roll = rollOfMesh(mesh);
  const eyes = [
    { outer: corner(33), inner: corner(133) },
    { outer: corner(263), inner: corner(362) },
  ].map(({ outer, inner }) => ({
    centre: { x: (outer.x + inner.x) / 2, y: (outer.y + inner.y) / 2 },
    width: Math.hypot(outer.x - inner.x, outer.y - inner.y),
  }));
  const widest = Math.max(...eyes.map((eye) => eye.width));
  if (widest < MIN_EYE_PIXELS) return undefined;
  const chips = eyes.map((eye) => squareToChip(eye.centre, widest * MARGIN, roll, SIDE));
  const size = SIDE * SIDE * 3;
  const input = new Float32Array(2 * size);
  const scratch = new Float32Array(2 * size);
  chips.forEach((chip, i) => {
    cutChip(image, chip, SIDE, SIDE, IRIS_FORMAT, scratch, i * size);
  });
  input.set(scratch.subarray(0, size), 0);
  mirrorChip(scratch, size, 0, SIDE, SIDE);
  input.set(scratch.subarray(0, size), size);
  const landmarks = outputOf(await net.run(input, [2, SIDE, SIDE, 3]), 'landmarks');
  const [left, right] = chips.map((chip, i) => {
    const back = invert(chip);
    const points = new Float32Array(IRIS_POINTS * 2);
    for (let p = 0; p < IRIS_POINTS; p++) {
      const at = i * OUTPUTS + (FIRST_IRIS_POINT + p) * 3;
      const x = landmarks[at] as number;
      const point = mapPoint(back, { x: i === 0 ? x : SIDE - 1 - x, y: landmarks[at + 1] as number });
      points[2 * p] = point.x;
      points[2 * p + 1] = point.y;
    }
    return points;
  });
  const openness = (opennessOf(landmarks, 0) + opennessOf(landmarks, OUTPUTS)) / 2;
  return left && right ? { left, right, openness } : undefined;
}
