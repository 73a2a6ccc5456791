import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Where the sample photos come from: MIT-licensed, six photos of groups of three to five people. */
const samplePackage = '@vladmandic/face-api@1.7.15';
const sampleTarball = 'vladmandic-face-api-1.7.15.tgz';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function samplesFolder(): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'likeness');
  const folder = join(process.env.LIKENESS_MODELS_DIR || join(cache, 'models'), 'samples');
  if (existsSync(join(folder, 'sample6.jpg'))) return folder;
  const own = join(cache, 'conformance-samples');
  if (existsSync(join(own, 'sample6.jpg'))) return own;
  const unfinished = `${own}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  // One string for a shell, which npm needs on Windows; nothing of it comes from outside.
  execFileSync(`npm pack ${samplePackage} --silent`, { cwd: unfinished, shell: true as unknown as string });
  execFileSync('tar', ['-xzf', sampleTarball, '--strip-components=2', 'package/demo'], { cwd: unfinished });
  renameSync(unfinished, own);
  return own;
}

/**
 * How many faces a person counts in the sample photos whose people all look towards the camera. Two people of the third are
 * so alike that they match at 80 (81 to 83), so tests of who is who use the others, where strangers stay below 57.
 */
export const frontalFaces = { 3: 3, 5: 5, 6: 4 } as const;

/** A sample photo with these many faces: see {@link frontalFaces}. */
export type SampleNumber = 1 | 2 | 3 | 4 | 5 | 6;

/** The bytes of a sample photo as it was published: JPEG, 1920 pixels wide. */
export function samplePhoto(number: SampleNumber): Uint8Array {
  return readFileSync(join(samplesFolder(), `sample${number}.jpg`));
}

/** A sample photo shrunk to 960 pixels wide, to spare time. */
export function smallSample(number: SampleNumber): Promise<Uint8Array> {
  return jpeg(sharp(samplePhoto(number)).resize({ width: 960 }));
}

/** A box as Rekognition tells it: ratios of the upright image. */
export interface Box {
  readonly Left?: number | undefined;
  readonly Top?: number | undefined;
  readonly Width?: number | undefined;
  readonly Height?: number | undefined;
}

/** Cuts a face out of a photo with as much around it as the face is wide, so that it is the only one. */
export async function cropFace(photo: Uint8Array, box: Box): Promise<Uint8Array> {
  const { width, height } = await sharp(photo).metadata();
  const { Left = 0, Top = 0, Width = 0, Height = 0 } = box;
  const margin = 0.5;
  const left = Math.max(0, Math.round((Left - Width * margin) * width));
  const top = Math.max(0, Math.round((Top - Height * margin) * height));
  const right = Math.min(width, Math.round((Left + Width * (1 + margin)) * width));
  const bottom = Math.min(height, Math.round((Top + Height * (1 + margin)) * height));
  const cut = sharp(photo).extract({ left, top, width: right - left, height: bottom - top });
  return jpeg(cut.resize({ width: 400 }));
}

/** An image of one colour, without any face. */
export function blankImage(width = 320, height = 240): Promise<Uint8Array> {
  return jpeg(sharp({ create: { width, height, channels: 3, background: { r: 120, g: 140, b: 160 } } }));
}

/** A PNG of one bit for each pixel, all of them black: a few kilobytes, however large it says it is. */
export function blankPng(width: number, height: number): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  const chunk = (type: string, data: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', Buffer.concat([size, Buffer.from([1, 0, 0, 0, 0])])),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The photo stored lying on its side, with the EXIF orientation that says so. */
export async function exifRotated(photo: Uint8Array): Promise<Uint8Array> {
  // Orientation 6: to be turned a quarter clockwise to stand upright, so it is stored turned the other way.
  return jpeg(sharp(photo).rotate(-90).withMetadata({ orientation: 6 }));
}

/** The same photo, a little smaller and darker: other bytes, the same people. */
export function retouched(photo: Uint8Array): Promise<Uint8Array> {
  return jpeg(sharp(photo).modulate({ brightness: 0.92 }));
}

/** Encodes as JPEG of good quality. */
export async function jpeg(image: Sharp): Promise<Uint8Array> {
  return image.jpeg({ quality: 92 }).toBuffer();
}

/** Two photos of each of some people of LFW, by number; undefined where the data is absent. */
export function lfwPeople(count: number): (readonly [Uint8Array, Uint8Array])[] | undefined {
  const images = join(root, '..', 'shared', 'data', 'lfw', 'images');
  if (!existsSync(images)) return undefined;
  const photos = readdirSync(images)
    .sort()
    .map((person) =>
      readdirSync(join(images, person))
        .sort()
        .map((file) => join(images, person, file)),
    );
  return photos
    .filter((files) => files.length > 1)
    .slice(0, count)
    .map(([first = '', second = '']) => [readFileSync(first), readFileSync(second)]);
}

/** An LFW pair of the shared data: two photos and whether they show one person; undefined where the data is absent. */
export function lfwPairs(count: number): { same: boolean; a: Uint8Array; b: Uint8Array }[] | undefined {
  const folder = join(root, '..', 'shared', 'data', 'lfw');
  const list = join(folder, 'pairs.tsv');
  if (!existsSync(list)) return undefined;
  const rows = readFileSync(list, 'utf8').trim().split('\n').slice(1);
  const pairs = rows.map((row) => row.split('\t'));
  const some = (same: string) => pairs.filter((pair) => pair[1] === same).slice(0, count);
  return [...some('1'), ...some('0')].map(([, same, a = '', b = '']) => ({
    same: same === '1',
    a: readFileSync(join(folder, a)),
    b: readFileSync(join(folder, b)),
  }));
}
