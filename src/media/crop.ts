import sharp from 'sharp';
import type { Box } from '../shared/geometry.ts';
import { decodeImage } from './decode.ts';
import type { ImageLimits } from './limits.ts';

/** How {@link cutOut} cuts. */
export interface CutOutOptions {
  readonly limits: ImageLimits;
  /** Ratios of the upright image; may reach beyond it. */
  readonly box: Box;
  /** How much around the box is kept on each side, in widths and heights of the box. */
  readonly margin: number;
  /** Side of the picture, which is always square, pixels: a size that tells nothing of where the part came from. */
  readonly side: number;
}

/** A part of an image as a file of its own. */
export interface CutOut {
  /** JPEG of sRGB pixels, upright, without metadata: no place, camera or date goes with it. */
  readonly jpeg: Uint8Array;
}

/** Longest side that an image is decoded to for a part of it, pixels: as much as the face pipeline looks at. */
const mostDecodedSide = 5760;
const jpegQuality = 85;
const background = '#808080';

/**
 * Cuts a part out of an untrusted image file. The image is decoded no larger than the part needs to
 * fill the square; what the part leaves of it is grey.
 *
 * @throws {ImageError} for whatever is wrong with the bytes
 */
export async function cutOut(bytes: Uint8Array, { limits, box, margin, side }: CutOutOptions): Promise<CutOut> {
  const part = partOf(box, margin);
  const share = Math.max(1e-3, Math.min(part.right - part.left, part.bottom - part.top));
  // The share is of each side; of an oblong image the shorter part may fill less, which only makes it sharper.
  const decoded = await decodeImage(bytes, { limits, maxSide: Math.min(mostDecodedSide, Math.ceil(side / share)) });
  const left = Math.min(decoded.width - 1, Math.floor(part.left * decoded.width));
  const top = Math.min(decoded.height - 1, Math.floor(part.top * decoded.height));
  const width = Math.max(1, Math.min(decoded.width - left, Math.ceil((part.right - part.left) * decoded.width)));
  const height = Math.max(1, Math.min(decoded.height - top, Math.ceil((part.bottom - part.top) * decoded.height)));
  const data = await sharp(decoded.data, {
    raw: { width: decoded.width, height: decoded.height, channels: 3 },
  })
    .extract({ left, top, width, height })
    .resize({ width: side, height: side, fit: 'contain', background })
    .jpeg({ quality: jpegQuality })
    .toBuffer();
  return { jpeg: new Uint8Array(data) };
}

/** The box with its margin, held to the image; ratios 0..1. */
function partOf(box: Box, margin: number): { left: number; top: number; right: number; bottom: number } {
  const inside = (ratio: number) => Math.min(1, Math.max(0, ratio));
  return {
    left: inside(box.left - box.width * margin),
    top: inside(box.top - box.height * margin),
    right: inside(box.left + box.width * (1 + margin)),
    bottom: inside(box.top + box.height * (1 + margin)),
  };
}
