import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UsageError } from './exit-codes.ts';

export { drawFrames, type Frame, frameColours, type ListedCaption } from './drawing/index.ts';

/** What an image's name ends with. */
export const imageExtensions: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.avif',
  '.gif',
  '.tif',
  '.tiff',
]);

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
    .filter((entry) => entry.isFile() && imageExtensions.has(extname(entry.name).toLowerCase()))
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
