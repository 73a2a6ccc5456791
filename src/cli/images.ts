import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { escapeHtml } from '../shared/page.ts';
import { UsageError } from './exit-codes.ts';

const extensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif', '.gif', '.tif', '.tiff']);

/** Reads an image file as a request's bytes. @throws {UsageError} when there is no such file */
export async function readImage(path: string): Promise<{ Bytes: Uint8Array }> {
  try {
    return { Bytes: new Uint8Array(await readFile(path)) };
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  }
}

/** Every image below a folder by its extension, as paths relative to it, sorted; links are not followed. */
export async function imagesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((cause: Error) => {
    throw new UsageError(`cannot read the folder ${folder}: ${cause.message}`);
  });
  return entries
    .filter((entry) => entry.isFile() && extensions.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .sort();
}

/**
 * An ExternalImageId for a file: its relative path with what the API does not allow (`/`, spaces, accents ...) as `_`; a
 * path that had to be changed gets a few digits of its digest, so that two files never share an id.
 */
export function externalImageIdOf(relativePath: string): string {
  const allowed = relativePath.replaceAll(/[^a-zA-Z0-9_.\-:]/g, '_');
  if (allowed === relativePath && allowed.length <= 255) return allowed;
  const digest = createHash('sha256').update(relativePath).digest('hex').slice(0, 8);
  return `${allowed.slice(-245)}.${digest}`;
}

/** A frame to draw: ratios of the upright image, with a caption above it. */
export interface Frame {
  readonly box:
    | { Left?: number | undefined; Top?: number | undefined; Width?: number | undefined; Height?: number | undefined }
    | undefined;
  readonly caption: string;
  readonly colour: string;
  readonly points?: readonly { X?: number | undefined; Y?: number | undefined }[] | undefined;
}

/** Writes a copy of an image with frames drawn on it; the format follows the file's extension. */
export async function drawFrames(imagePath: string, frames: readonly Frame[], outPath: string): Promise<void> {
  const upright = await sharp(imagePath).autoOrient().toBuffer({ resolveWithObject: true });
  const { width, height } = upright.info;
  const stroke = Math.max(2, Math.round(Math.max(width, height) / 500));
  const font = stroke * 12;
  const shapes = frames.map(({ box, caption, colour, points = [] }) => {
    const x = (box?.Left ?? 0) * width;
    const y = (box?.Top ?? 0) * height;
    const dots = points.map(
      (point) =>
        `<circle cx="${(point.X ?? 0) * width}" cy="${(point.Y ?? 0) * height}" r="${stroke}" fill="${colour}"/>`,
    );
    return `<rect x="${x}" y="${y}" width="${(box?.Width ?? 0) * width}" height="${(box?.Height ?? 0) * height}" fill="none" stroke="${colour}" stroke-width="${stroke}"/>
      <text x="${x}" y="${Math.max(font, y - stroke * 3)}" font-size="${font}" font-weight="bold" font-family="sans-serif" fill="${colour}" stroke="#000" stroke-width="${stroke}" paint-order="stroke">${escapeHtml(caption)}</text>${dots.join('')}`;
  });
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`;
  await sharp(upright.data)
    .composite([{ input: Buffer.from(overlay) }])
    .toFile(outPath);
}
