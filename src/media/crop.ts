import sharp from 'sharp';
import type { Box } from '../shared/geometry.ts';
import { decodeImage, type PixelImage } from './decode.ts';
import type { ImageLimits } from './limits.ts';

/** How {@link cutOut} cuts. */
export interface CutOutOptions {
  readonly limits: ImageLimits;
  /** Ratios of the upright image; may reach beyond it. */
  readonly boxes: readonly Box[];
  /** How much around a box is kept on each side, in widths and heights of the box. */
  readonly margin: number;
  /** Side of the pictures, which are always square, pixels: a size that tells nothing of where a part came from. */
  readonly side: number;
}

/** Longest side that an image is decoded to for a part of it, pixels: as much as the face pipeline looks at. */
const mostDecodedSide = 5760;
const jpegQuality = 85;
const background = '#808080';

/**
 * Cuts parts out of an untrusted image file. The image is decoded once, no larger than the smallest part needs to
 * fill its square; what a part leaves of the square is grey.
 *
 * @returns a JPEG for each box, in their order: sRGB, upright, without metadata, so that no place, camera or date goes with it
 * @throws {ImageError} for whatever is wrong with the bytes
 */
export async function cutOut(
  bytes: Uint8Array,
  { limits, boxes, margin, side }: CutOutOptions,
): Promise<readonly Uint8Array[]> {
  const parts = boxes.map((box) => partOf(box, margin));
  // The share is of each side; of an oblong image the shorter side of a part may fill less, which only makes it sharper.
  const shares = parts.map((part) => Math.min(part.right - part.left, part.bottom - part.top));
  const wanted = Math.ceil(side / Math.max(1e-3, Math.min(1, ...shares)));
  const decoded = await decodeImage(bytes, { limits, maxSide: Math.min(mostDecodedSide, wanted) });
  return Promise.all(parts.map((part) => cut(decoded, part, side)));
}

async function cut(image: PixelImage, part: Part, side: number): Promise<Uint8Array> {
  const left = Math.min(image.width - 1, Math.floor(part.left * image.width));
  const top = Math.min(image.height - 1, Math.floor(part.top * image.height));
  const width = Math.max(1, Math.min(image.width - left, Math.ceil((part.right - part.left) * image.width)));
  const height = Math.max(1, Math.min(image.height - top, Math.ceil((part.bottom - part.top) * image.height)));
  const file = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .extract({ left, top, width, height })
    .resize({ width: side, height: side, fit: 'contain', background })
    .jpeg({ quality: jpegQuality })
    .toBuffer();
  return new Uint8Array(file);
}

interface Part {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The box with its margin, held to the image; ratios 0..1. */
function partOf(box: Box, margin: number): Part {
  const inside = (ratio: number) => Math.min(1, Math.max(0, ratio));
  return {
    left: inside(box.left - box.width * margin),
    top: inside(box.top - box.height * margin),
    right: inside(box.left + box.width * (1 + margin)),
    bottom: inside(box.top + box.height * (1 + margin)),
  };
}
