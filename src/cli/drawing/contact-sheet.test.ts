import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openContactSheets, sheetPictureSide } from './contact-sheet.ts';
import { renderFrames } from './draw.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-sheets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('contact sheets', () => {
  it('hold so many pictures each, in rows, with what stands below', async () => {
    const photo = join(folder, 'photo.png');
    const colours = ['#ff0000', '#00ff00', '#0000ff'] as const;
    const sheets = openContactSheets(join(folder, 'contact.png'), { perSheet: 2, columns: 2 });
    for (const background of colours) {
      await sharp({ create: { width: 900, height: 600, channels: 3, background } }).toFile(photo);
      await sheets.add({
        picture: await renderFrames(photo, [], [], { longSide: sheetPictureSide }),
        lines: ['a.png', '<b>3</b>'],
      });
    }
    const paths = await sheets.finish();
    expect(paths).toEqual([join(folder, 'contact.png'), join(folder, 'contact-2.png')]);
    const [first, second] = await Promise.all(
      paths.map((path) => sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true })),
    );
    expect([first!.info.width, second!.info.width]).toEqual([2 * 440 + 3 * 16, 440 + 2 * 16]);
    expect(first!.info.height).toBeGreaterThan(293 + 2 * 16 + 40);
    const at = ({ data, info }: NonNullable<typeof first>, x: number, y: number) => [
      ...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3),
    ];
    expect(at(first!, 100, 100)).toEqual([255, 0, 0]);
    expect(at(first!, 100 + 456, 100)).toEqual([0, 255, 0]);
    expect(at(second!, 100, 100)).toEqual([0, 0, 255]);
  });

  it('are none of nothing, and say what failed in words', async () => {
    expect(await openContactSheets(join(folder, 'none.png')).finish()).toEqual([]);
    expect(existsSync(join(folder, 'none.png'))).toBe(false);
    expect(() => openContactSheets(join(folder, 'contact.doc'))).toThrow(/name a file that ends in/);
    const words = openContactSheets(join(folder, 'words.png'));
    await words.add({ lines: ['broken.jpg', 'InvalidImageFormatException: Request has invalid image format'] });
    expect(await words.finish()).toHaveLength(1);
  });
});
