import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from './decode.ts';
import { ImageError } from './errors.ts';
import { defaultImageLimits as limits } from './limits.ts';
import { decodeRegion, type PixelRegion } from './region.ts';

const WIDTH = 331;
const HEIGHT = 257;
let pixels: Buffer;
/** A picture in which every place looks different. */
beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const create = { width: 42, height: 33, channels: 3, background: '#000', noise } as const;
  pixels = await sharp(await sharp({ create }).png().toBuffer())
    .resize({ width: WIDTH, height: HEIGHT, fit: 'fill' })
    .raw()
    .toBuffer();
});
const picture = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

/** The same part cut out of a decoding of the whole. */
async function cutOfWhole(bytes: Uint8Array, { frame, width, height }: PixelRegion, maxSide?: number): Promise<Buffer> {
  const whole = await decodeImage(bytes, { limits, ...(maxSide !== undefined && { maxSide }) });
  expect([whole.width, whole.height]).toEqual([frame.width, frame.height]);
  const raw = { width: whole.width, height: whole.height, channels: 3 } as const;
  return sharp(whole.data, { raw }).extract({ left: frame.x, top: frame.y, width, height }).raw().toBuffer();
}

const boxes = {
  'in the middle': { left: 0.3, top: 0.4, width: 0.2, height: 0.25 },
  'at the top left': { left: -0.2, top: -0.1, width: 0.4, height: 0.3 },
  'at the bottom right': { left: 0.8, top: 0.9, width: 0.5, height: 0.5 },
  'that is everything': { left: -1, top: -1, width: 3, height: 3 },
  'beyond the image': { left: 1.5, top: 2, width: 0.1, height: 0.1 },
};

describe('a part of an image', () => {
  it.each(Object.entries(boxes))('%s has the very pixels of the whole', async (_where, box) => {
    const bytes = await picture().jpeg({ quality: 90 }).toBuffer();
    const part = await decodeRegion(bytes, box, { limits });
    expect(part.data).toHaveLength(part.width * part.height * 3);
    expect(Buffer.from(part.data).equals(await cutOfWhole(bytes, part))).toBe(true);
    expect([part.uprightWidth, part.uprightHeight]).toEqual([WIDTH, HEIGHT]);
    expect([part.frame.x % 16, part.frame.y % 16]).toEqual([0, 0]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is upright and where it belongs at EXIF orientation %i', async (orientation) => {
    const bytes = await picture().withMetadata({ orientation }).png().toBuffer();
    for (const box of Object.values(boxes)) {
      const part = await decodeRegion(bytes, box, { limits });
      expect(Buffer.from(part.data).equals(await cutOfWhole(bytes, part))).toBe(true);
    }
  });

  it('holds all of the box that lies in the image', async () => {
    const bytes = await picture().png().toBuffer();
    const { frame, width, height } = await decodeRegion(bytes, boxes['in the middle'], { limits });
    expect(frame.x).toBeLessThanOrEqual(0.3 * WIDTH);
    expect(frame.x + width).toBeGreaterThanOrEqual(0.5 * WIDTH);
    expect(frame.y).toBeLessThanOrEqual(0.4 * HEIGHT);
    expect(frame.y + height).toBeGreaterThanOrEqual(0.65 * HEIGHT);
  });

  it.each([1, 6])(
    'of an image that is shrunk is that of the shrunk one, at EXIF orientation %i',
    async (orientation) => {
      const bytes = await picture().withMetadata({ orientation }).png().toBuffer();
      const part = await decodeRegion(bytes, boxes['in the middle'], { limits, maxSide: 200 });
      const other = await cutOfWhole(bytes, part, 200);
      const differences = part.data.map((value, i) => Math.abs(value - (other[i] ?? 0)));
      expect(Math.max(part.frame.width, part.frame.height)).toBe(200);
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(1);
    },
  );

  it.each(['webp', 'tiff', 'gif', 'avif'] as const)('of a %s is decoded too', async (format) => {
    const bytes = await picture().toFormat(format).toBuffer();
    const part = await decodeRegion(bytes, boxes['in the middle'], { limits });
    expect(Buffer.from(part.data).equals(await cutOfWhole(bytes, part))).toBe(true);
  });

  it('of what is damaged before it ends, or no image, is refused', async () => {
    const whole = await picture().jpeg({ quality: 90 }).toBuffer();
    const cut = whole.subarray(0, whole.length >> 1);
    for (const bytes of [cut, Buffer.from('no image')]) {
      await expect(decodeRegion(bytes, boxes['at the bottom right'], { limits })).rejects.toBeInstanceOf(ImageError);
    }
    const small = { ...limits, maxPixels: 1000 };
    await expect(decodeRegion(whole, boxes['in the middle'], { limits: small })).rejects.toMatchObject({
      fault: 'too-many-pixels',
    });
  });
});
