import type { Box } from '../../shared/geometry.ts';
import { px, type Raster } from '../align/raster.ts';

/** What is covered around a face's box, of its width and height on each side: hair and chin tell of a person too. */
const MARGIN = 0.25;

/**
 * A copy of a picture with each face as one plain area of its mean colour: how large a face is and where, is left of it,
 * and nothing of whose it is.
 *
 * @param faces boxes as ratios of the picture
 */
export function coverFaces(image: Raster, faces: readonly { readonly box: Box }[]): Raster {
  if (faces.length === 0) return image;
  const data = Uint8Array.from(image.data);
  for (const { box } of faces) cover(data, image, box);
  return { width: image.width, height: image.height, data };
}

function cover(data: Uint8Array, { width, height }: Raster, box: Box): void {
  const x0 = Math.max(0, Math.floor((box.left - MARGIN * box.width) * width));
  const y0 = Math.max(0, Math.floor((box.top - MARGIN * box.height) * height));
  const x1 = Math.min(width, Math.ceil((box.left + (1 + MARGIN) * box.width) * width));
  const y1 = Math.min(height, Math.ceil((box.top + (1 + MARGIN) * box.height) * height));
  const pixels = (x1 - x0) * (y1 - y0);
  if (x1 <= x0 || y1 <= y0) return;
  const sums = [0, 0, 0];
  const each = (visit: (at: number, channel: number) => void): void => {
    for (let y = y0; y < y1; y += 1) {
      for (let at = 3 * (y * width + x0), end = 3 * (y * width + x1); at < end; at += 3) {
        for (let channel = 0; channel < 3; channel += 1) visit(at + channel, channel);
      }
    }
  };
  each((at, channel) => {
    sums[channel] = (sums[channel] ?? 0) + px(data, at);
  });
  const means = sums.map((sum) => Math.round(sum / pixels));
  each((at, channel) => {
    data[at] = means[channel] ?? 0;
  });
}
