import type { Pyramid } from '../align/raster.ts';
import { squareToChip } from '../align/similarity.ts';
import { cutChip, PLAIN_RGB } from '../align/warp.ts';
import { regionOfMesh } from '../landmarks/facemesh.ts';

/** How well a face can be seen, 0..100 each. */
export interface Quality {
  readonly brightness: number;
  readonly sharpness: number;
}

/** Side of the square that quality is looked at in: about the size at which the embedding nets see a face. */
const SIDE = 96;
/** The region holds the mesh with a margin of 1.5; its inner two thirds are face. */
const INNER = 16;
/** Root mean square of the Laplacian over the contrast, of portraits blurred beyond use (0) and of the sharpest ones (100); see {@link measureQuality}. */
const BLURRED = 0.06;
const SHARP = 0.8;

/**
 * Measures the brightness and sharpness of a face on an upright grey square of 96 pixels around its mesh, inner two
 * thirds.
 *
 * Brightness is the mean luma (BT.601) as a percentage of white. Sharpness is how much fine detail there is at that size:
 * the root mean square of the 4-neighbour Laplacian over the standard deviation of the luma, on a logarithmic scale
 * from .06 (0) to .8 (100). A face of fewer pixels than the square is enlarged and so loses sharpness as it should.
 */
export function measureQuality(image: Pyramid, mesh: Float32Array): Quality {
  const region = regionOfMesh(mesh);
  const chip = new Float32Array(SIDE * SIDE * 3);
  cutChip(image, squareToChip(region, region.side, region.roll, SIDE), SIDE, SIDE, PLAIN_RGB, chip);
  const luma = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < luma.length; i++) {
    luma[i] =
      0.299 * (chip[3 * i] as number) + 0.587 * (chip[3 * i + 1] as number) + 0.114 * (chip[3 * i + 2] as number);
  }
  let sum = 0;
  let squares = 0;
  let detail = 0;
  for (let y = INNER; y < SIDE - INNER; y++) {
    for (let x = INNER; x < SIDE - INNER; x++) {
      const i = y * SIDE + x;
      const v = luma[i] as number;
      const laplacian =
        4 * v -
        (luma[i - 1] as number) -
        (luma[i + 1] as number) -
        (luma[i - SIDE] as number) -
        (luma[i + SIDE] as number);
      sum += v;
      squares += v * v;
      detail += laplacian * laplacian;
    }
  }
  const n = (SIDE - 2 * INNER) ** 2;
  const mean = sum / n;
  const contrast = Math.sqrt(Math.max(0, squares / n - mean * mean));
  const ratio = Math.sqrt(detail / n) / Math.max(contrast, 1);
  const sharpness = (100 * Math.log(ratio / BLURRED)) / Math.log(SHARP / BLURRED);
  return { brightness: (mean / 255) * 100, sharpness: Math.max(0, Math.min(100, sharpness)) };
}
