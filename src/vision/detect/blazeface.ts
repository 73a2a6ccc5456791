import type { Pyramid } from '../align/raster.ts';
import { cutChip, type PixelFormat, scaleImage } from '../align/warp.ts';
import { type Net, type NetOutput, outputOf } from '../sessions/net.ts';
import { type FaceCandidate, suppress } from './boxes.ts';

/** `[1, 256, 256, 3]` RGB (x - 127.5) / 127.5, grey beyond the image. */
export const BLAZEFACE_FORMAT: PixelFormat = {
  order: 'rgb',
  mean: [127.5, 127.5, 127.5],
  scale: 1 / 127.5,
  outside: 127.5,
};

const SIDE = 256;
const SAME_FACE = 0.3;
/** Maps of the net: cells of so many input pixels, with so many boxes in each. */
const MAPS = [
  { stride: 16, perCell: 2 },
  { stride: 32, perCell: 6 },
] as const;

/**
 * Reads the faces out of the maps of blazeface-back, best first, duplicates removed, with the roll of their eyes.
 *
 * @param outputs `scores_16`, `scores_32` (logits) and `boxes_16`, `boxes_32`: centre, size and six key points
 * (the image-left eye, the image-right eye, ...) in input pixels from the centre of the cell
 * @param scale input pixels per image pixel
 * @source V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019
 */
export function decodeBlazeface(
  outputs: Readonly<Record<string, NetOutput>>,
  scale: number,
  minScore: number,
): FaceCandidate[] {
  const minLogit = Math.log(minScore / (1 - minScore));
  const found: FaceCandidate[] = [];
  for (const { stride, perCell } of MAPS) {
    const logits = outputOf(outputs, `scores_${stride}`);
    const codes = outputOf(outputs, `boxes_${stride}`);
    const columns = SIDE / stride;
    for (let i = 0; i < logits.length; i++) {
      const logit = logits[i] as number;
      if (logit < minLogit) continue;
      const cell = Math.floor(i / perCell);
      const at = (k: number) => codes[16 * i + k] as number;
      const cx = ((cell % columns) + 0.5) * stride + at(0);
      const cy = (Math.floor(cell / columns) + 0.5) * stride + at(1);
      found.push({
        box: {
          x0: (cx - at(2) / 2) / scale,
          y0: (cy - at(3) / 2) / scale,
          x1: (cx + at(2) / 2) / scale,
          y1: (cy + at(3) / 2) / scale,
        },
        score: 1 / (1 + Math.exp(-logit)),
        roll: Math.atan2(at(7) - at(5), at(6) - at(4)),
      });
    }
  }
  return suppress(found, SAME_FACE);
}

/**
 * Looks for large faces with one pass of blazeface-back over the whole image: heads turned any way but upside down, from
 * about a twelfth of the longer side.
 *
 * @param minScore 0..1
 * @param upsideDown looks at the image turned by 180 degrees instead, for heads that are upside down in it
 */
export async function runBlazeface(
  net: Net,
  image: Pyramid,
  minScore: number,
  upsideDown = false,
): Promise<FaceCandidate[]> {
  const scale = SIDE / Math.max(image.width, image.height);
  if (!upsideDown) {
    const outputs = await net.run(scaleImage(image, scale, SIDE, SIDE, BLAZEFACE_FORMAT), [1, SIDE, SIDE, 3]);
    return decodeBlazeface(outputs, scale, minScore);
  }
  const input = new Float32Array(SIDE * SIDE * 3);
  const turn = (side: number) => (side - 1) * scale + (scale - 1) / 2;
  const transform = { a: -scale, b: 0, tx: turn(image.width), ty: turn(image.height) };
  cutChip(image, transform, SIDE, SIDE, BLAZEFACE_FORMAT, input);
  const found = decodeBlazeface(await net.run(input, [1, SIDE, SIDE, 3]), scale, minScore);
  return found.map(({ box, score, roll = 0 }) => ({
    box: {
      x0: image.width - box.x1,
      y0: image.height - box.y1,
      x1: image.width - box.x0,
      y1: image.height - box.y0,
    },
    score,
    roll: roll > 0 ? roll - Math.PI : roll + Math.PI,
  }));
}
