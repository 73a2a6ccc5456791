import { readFileSync } from 'node:fs';
import sharp from 'sharp';

/** An image needs 80 pixels a side; the smallest form has 0.6 of the photo. */
const leastSide = 160;
const mostSide = 900;

/** A photo as somebody else has it: each is the same photo to a person who looks. */
export const variants: Readonly<Record<string, (photo: Buffer) => Promise<Buffer>>> = {
  'saved at quality 30': async (photo) => sharp(photo).jpeg({ quality: 30 }).toBuffer(),
  'shrunk to 40 %': async (photo) => {
    const { width } = await sizeOf(photo);
    return sharp(photo)
      .resize(Math.max(80, Math.round(width * 0.4)))
      .jpeg()
      .toBuffer();
  },
  mirrored: async (photo) => sharp(photo).flop().png().toBuffer(),
  'brighter by 35 %': async (photo) => sharp(photo).modulate({ brightness: 1.35 }).png().toBuffer(),
  'darker by 35 %': async (photo) => sharp(photo).modulate({ brightness: 0.65 }).png().toBuffer(),
  'colder light': async (photo) =>
    sharp(photo)
      .recomb([
        [0.9, 0, 0],
        [0, 1, 0],
        [0, 0, 1.15],
      ])
      .png()
      .toBuffer(),
  grey: async (photo) => sharp(photo).greyscale().png().toBuffer(),
  'cropped to 80 % a side': async (photo) => crop(photo, 0.1, 0.1, 0.8),
  'cropped to 60 % a side': async (photo) => crop(photo, 0.05, 0.3, 0.6),
  'turned by 7 degrees': async (photo) => sharp(photo).rotate(7, { background: '#808080' }).png().toBuffer(),
};

/** A photo upright, without transparency, no larger than the figures need, and no smaller than every form of it must be. */
export async function ordinary(path: string): Promise<Buffer> {
  // By its bytes: where the house decodes images, sharp opens no files.
  const photo = readFileSync(path);
  const { autoOrient } = await sharp(photo).metadata();
  const small = Math.min(autoOrient.width, autoOrient.height) < leastSide;
  return sharp(photo)
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize(
      small
        ? { width: leastSide, height: leastSide, fit: 'outside' }
        : { width: mostSide, height: mostSide, fit: 'inside', withoutEnlargement: true },
    )
    .png()
    .toBuffer();
}

async function crop(photo: Buffer, left: number, top: number, side: number): Promise<Buffer> {
  const { width, height } = await sizeOf(photo);
  return sharp(photo)
    .extract({
      left: Math.round(left * width),
      top: Math.round(top * height),
      width: Math.round(side * width),
      height: Math.round(side * height),
    })
    .png()
    .toBuffer();
}

async function sizeOf(photo: Buffer): Promise<{ width: number; height: number }> {
  const { width, height } = await sharp(photo).metadata();
  return { width, height };
}
