import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Box } from '../shared/geometry.ts';
import { type CutOutOptions, cutOut } from './crop.ts';
import { type ImageError, defaultImageLimits as limits } from './index.ts';

/** Grey, with a red square of 200 x 200 pixels at (600, 400) of 1200 x 800. */
async function redSquare(width = 1200, height = 800) {
  const square = await sharp({ create: { width: 200, height: 200, channels: 3, background: '#dc1e1e' } })
    .png()
    .toBuffer();
  return sharp({ create: { width, height, channels: 3, background: '#808080' } }).composite([
    { input: square, left: 600, top: 400 },
  ]);
}
const box: Box = { left: 600 / 1200, top: 400 / 800, width: 200 / 1200, height: 200 / 800 };

async function cutOne(bytes: Uint8Array, { box: one, ...options }: Omit<CutOutOptions, 'boxes'> & { box: Box }) {
  const [jpeg = new Uint8Array()] = await cutOut(bytes, { ...options, boxes: [one] });
  return { jpeg };
}

async function meanOf(jpeg: Uint8Array) {
  const { channels } = await sharp(jpeg).stats();
  return channels.map(({ mean }) => Math.round(mean));
}

describe('a part cut out of an image', () => {
  it('holds the box and nothing else where no margin is asked for', async () => {
    const bytes = await (await redSquare()).jpeg().toBuffer();
    const cut = await cutOne(bytes, { limits, box, margin: 0, side: 256 });
    const [red = 0, green = 255] = await meanOf(cut.jpeg);
    expect(red).toBeGreaterThan(200);
    expect(green).toBeLessThan(50);
  });

  it('holds as much around the box as was asked for', async () => {
    const bytes = await (await redSquare()).png().toBuffer();
    const { jpeg } = await cutOne(bytes, { limits, box, margin: 0.5, side: 256 });
    const corner = await sharp(jpeg).extract({ left: 0, top: 0, width: 20, height: 20 }).jpeg().toBuffer();
    const middle = await sharp(jpeg).extract({ left: 118, top: 118, width: 20, height: 20 }).jpeg().toBuffer();
    expect((await meanOf(corner))[1]).toBeGreaterThan(100);
    expect((await meanOf(middle))[1]).toBeLessThan(50);
  });

  it.each([64, 300])('is a square of %s pixels, whatever the size and shape of the part', async (side) => {
    const bytes = await (await redSquare()).jpeg().toBuffer();
    for (const part of [box, { ...box, width: 0.3 }, { ...box, height: 0.01 }]) {
      const { jpeg } = await cutOne(bytes, { limits, box: part, margin: 0.5, side });
      expect(await sharp(jpeg).metadata()).toMatchObject({ width: side, height: side });
    }
  });

  it('is one picture for each of several boxes, in their order', async () => {
    const bytes = await (await redSquare()).jpeg().toBuffer();
    const grey = { left: 0, top: 0, width: 0.2, height: 0.2 };
    const [first, second] = await cutOut(bytes, { limits, boxes: [grey, box], margin: 0, side: 192 });
    expect((await meanOf(first!))[1]).toBeGreaterThan(100);
    expect((await meanOf(second!))[1]).toBeLessThan(50);
    expect(await cutOut(bytes, { limits, boxes: [], margin: 0, side: 192 })).toEqual([]);
  });

  it('stays inside the image when the box reaches beyond it', async () => {
    const bytes = await (await redSquare()).jpeg().toBuffer();
    const beyond = { left: 0.9, top: -0.2, width: 0.4, height: 0.5 };
    const cut = await cutOne(bytes, { limits, box: beyond, margin: 0, side: 256 });
    expect((await meanOf(cut.jpeg)).every((mean) => Math.abs(mean - 128) < 4)).toBe(true);
  });

  it('is upright and carries no metadata, whatever the image carried', async () => {
    const photo = await redSquare();
    const lying = await sharp(await photo.png().toBuffer())
      .rotate(-90)
      .withExif({ IFD0: { Make: 'a camera', Artist: 'someone' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { jpeg } = await cutOne(lying, { limits, box, margin: 0, side: 256 });
    const metadata = await sharp(jpeg).metadata();
    expect(metadata.exif ?? metadata.icc ?? metadata.xmp ?? metadata.iptc).toBeUndefined();
    expect((await meanOf(jpeg))[1]).toBeLessThan(50);
  });

  it('of bytes that are no image is refused as any image is', async () => {
    const refused = cutOne(new Uint8Array(100), { limits, box, margin: 0, side: 256 });
    await expect(refused).rejects.toMatchObject({ fault: 'unrecognised' } satisfies Partial<ImageError>);
  });
});
