import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { greyJpeg } from '../../../tests/builders/review.ts';
import { bareJpeg } from './jpeg.ts';

describe('a bare JPEG', () => {
  it('shows the same picture without metadata', async () => {
    const bare = bareJpeg(await greyJpeg(90, true));
    expect((await sharp(bare).metadata()).exif).toBeUndefined();
    expect((await sharp(bare).stats()).channels[0]?.mean).toBeCloseTo(90, 0);
  });

  it('is the same whether the metadata was there or not', async () => {
    expect(Buffer.from(bareJpeg(await greyJpeg(90, true)))).toEqual(Buffer.from(bareJpeg(await greyJpeg(90))));
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a PNG', new Uint8Array([0x89, 0x50, 0x4e, 0x47])],
    ['a start without a scan', new Uint8Array([0xff, 0xd8, 0xff, 0xdb, 0, 4, 1, 2])],
    ['a segment longer than the file', new Uint8Array([0xff, 0xd8, 0xff, 0xdb, 0xff, 0xff, 1])],
  ])('is not made of %s', (_, bytes) => {
    expect(() => bareJpeg(bytes)).toThrow(RangeError);
  });
});
