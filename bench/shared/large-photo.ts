import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { packageRoot } from '../../src/shared/package-root.ts';
import { fetchSamplePhotos } from '../../src/vision/models/index.ts';

/** A photo of people as a phone would take it, made of a smaller one. */
export interface LargePhoto {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const JPEG_QUALITY = 90;
/** How far apart the bytes of a photo may be from what is asked for. */
const BYTES_TOLERANCE = 0.03;
/** Grain of a sensor: without it an enlarged photo is smoother, and so quicker to decode, than one of its size. */
const GRAIN = 12;

/** Photos of ../shared/data: a rendered person's portrait, and people at a table. */
const SOURCES = { portrait: 'cgi-model-10.jpg', group: 'group-1.jpg' } as const;

/**
 * A photo of ../shared/data where that is, else one of face-api's sample photos, whose groups then stand for portraits
 * too. It is enlarged to the size, from its top, and gets a grain as a sensor makes it.
 */
export async function largePhoto(
  modelsDir: string,
  {
    width,
    height,
    quality = JPEG_QUALITY,
    of = 'portrait',
  }: { width: number; height: number; quality?: number; of?: keyof typeof SOURCES },
): Promise<LargePhoto> {
  const shared = join(packageRoot(), '..', 'shared', 'data', 'faces', SOURCES[of]);
  const path = existsSync(shared) ? shared : ((await fetchSamplePhotos(modelsDir))[0] as string);
  const enlarged = await sharp(readFileSync(path)).resize({ width, height, fit: 'cover', position: 'top' }).toBuffer();
  const noise = { type: 'gaussian', mean: 128, sigma: GRAIN } as const;
  const grain = await sharp({ create: { width, height, channels: 3, background: '#808080', noise } })
    .png()
    .toBuffer();
  const bytes = await sharp(enlarged)
    .composite([{ input: grain, blend: 'soft-light' }])
    .jpeg({ quality })
    .toBuffer();
  return { bytes: new Uint8Array(bytes), width, height };
}

/** As {@link largePhoto}, of 4:3 and about so many bytes. */
export async function photoOfBytes(modelsDir: string, wanted: number): Promise<LargePhoto> {
  let width = 1600;
  for (let tried = 0; ; tried++) {
    const photo = await largePhoto(modelsDir, { width, height: Math.round(width * 0.75) });
    const ratio = wanted / photo.bytes.length;
    if (Math.abs(1 - ratio) < BYTES_TOLERANCE || tried === 8) return photo;
    width = Math.round(width * Math.sqrt(ratio));
  }
}

/** The photo with bytes of its own: two calls with the very same bytes would be one look in places. */
export function freshBytes({ bytes }: Pick<LargePhoto, 'bytes'>, call: number): Uint8Array {
  // Bytes after a JPEG's end are read over.
  return Buffer.concat([bytes, createHash('sha256').update(`${call}`).digest()]);
}
