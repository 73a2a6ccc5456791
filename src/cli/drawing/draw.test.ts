import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../exit-codes.ts';
import { displayText, inkOn } from './caption.ts';
import { drawFrames } from './draw.ts';

// The house forbids libvips to open files and SVG as soon as it may decode untrusted images; drawing must do without.
import '../../media/index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-drawing-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const grey = { r: 128, g: 128, b: 128 };
const at = (name: string) => join(folder, name);

async function greyPicture(name: string, width: number, height: number): Promise<string> {
  await sharp({ create: { width, height, channels: 3, background: grey } }).toFile(at(name));
  return at(name);
}

async function pixel(path: string, x: number, y: number): Promise<readonly number[]> {
  return [
    ...(await sharp(readFileSync(path))
      .removeAlpha()
      .extract({ left: x, top: y, width: 1, height: 1 })
      .raw()
      .toBuffer()),
  ];
}

describe('drawing frames', () => {
  it('draws a box where its ratios say, and nothing inside it', async () => {
    const picture = await greyPicture('a.png', 1000, 800);
    const box = { Left: 0.2, Top: 0.25, Width: 0.5, Height: 0.5 };
    await drawFrames(picture, [{ box, caption: '', colour: '#ff0000' }], at('a-drawn.png'));
    expect(await pixel(at('a-drawn.png'), 200, 400)).toEqual([255, 0, 0]);
    expect(await pixel(at('a-drawn.png'), 700, 400)).toEqual([255, 0, 0]);
    expect(await pixel(at('a-drawn.png'), 450, 600)).toEqual([255, 0, 0]);
    expect(await pixel(at('a-drawn.png'), 450, 400)).toEqual([128, 128, 128]);
  });

  it('draws a polygon instead of its box', async () => {
    const picture = await greyPicture('b.png', 1000, 1000);
    const polygon = [
      { X: 0.5, Y: 0.2 },
      { X: 0.8, Y: 0.5 },
      { X: 0.5, Y: 0.8 },
      { X: 0.2, Y: 0.5 },
    ];
    const box = { Left: 0.2, Top: 0.2, Width: 0.6, Height: 0.6 };
    await drawFrames(picture, [{ box, polygon, caption: '', colour: '#00ff00' }], at('b-drawn.png'));
    expect(await pixel(at('b-drawn.png'), 650, 350)).toEqual([0, 255, 0]);
    expect(await pixel(at('b-drawn.png'), 210, 210)).toEqual([128, 128, 128]);
  });

  it('follows the orientation that a photo states', async () => {
    const photo = await sharp({ create: { width: 1000, height: 700, channels: 3, background: grey } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toFile(at('c.jpg'));
    expect(photo.width).toBe(1000);
    await drawFrames(at('c.jpg'), [], at('c-drawn.png'));
    const { width, height } = await sharp(readFileSync(at('c-drawn.png'))).metadata();
    expect([width, height]).toEqual([700, 1000]);
  });

  it('draws tiny pictures larger and adds the list below, so that captions can be read', async () => {
    const picture = await greyPicture('d.png', 32, 24);
    const list = Array.from({ length: 9 }, (_, index) => ({ caption: `Label ${index}` }));
    await drawFrames(picture, [], at('d-drawn.png'), list);
    const { width, height } = await sharp(readFileSync(at('d-drawn.png'))).metadata();
    expect(width).toBe(640);
    expect(height).toBeGreaterThan(480 + 20);
    expect(await pixel(at('d-drawn.png'), 320, 470)).toEqual([128, 128, 128]);
  });

  it('draws captions that were meant to be markup as the text they are', async () => {
    const picture = await greyPicture('e.png', 800, 600);
    const box = { Left: 0.3, Top: 0.3, Width: 0.2, Height: 0.2 };
    const hostile = [
      '</text></svg><script>alert(1)</script>',
      '&bogus; <span size="999999">',
      'a\u0000b\u202Ec\uD800d\uFFFF',
      '<image href="file:///etc/passwd"/>',
      'x'.repeat(100_000),
    ];
    await drawFrames(
      picture,
      hostile.map((caption) => ({ box, caption, colour: '#ffd400' })),
      at('e-drawn.png'),
      hostile.map((caption) => ({ caption })),
    );
    expect((await sharp(readFileSync(at('e-drawn.png'))).metadata()).width).toBe(800);
  });

  it('draws all kinds of pictures: transparent, grey, sixteen bits, CMYK', async () => {
    const base = sharp({ create: { width: 64, height: 64, channels: 4, background: { ...grey, alpha: 0 } } });
    await base.clone().png().toFile(at('f1.png'));
    await base.clone().flatten().greyscale().png().toFile(at('f2.png'));
    await base.clone().flatten().toColourspace('rgb16').png().toFile(at('f3.png'));
    await base.clone().flatten().toColourspace('cmyk').jpeg().toFile(at('f4.jpg'));
    for (const name of ['f1.png', 'f2.png', 'f3.png', 'f4.jpg']) {
      await drawFrames(at(name), [], at(`${name}-drawn.png`));
      expect((await sharp(readFileSync(at(`${name}-drawn.png`))).metadata()).channels).toBe(3);
    }
    expect(await pixel(at('f1.png-drawn.png'), 5, 5)).toEqual([255, 255, 255]);
  });

  it('says in words what it cannot read and where it cannot write', async () => {
    const picture = await greyPicture('g.png', 64, 64);
    await expect(drawFrames(at('absent.png'), [], at('g-drawn.png'))).rejects.toBeInstanceOf(UsageError);
    await expect(drawFrames(picture, [], at('g.txt'))).rejects.toThrow(/name a file that ends in .png/);
    await expect(drawFrames(picture, [], at('no/such/folder.png'))).rejects.toBeInstanceOf(UsageError);
  });
});

describe('a caption', () => {
  it('is one line without marks that change how it reads', () => {
    expect(displayText(' a\nb\tc\u202Ed\u0000e ')).toBe('a b c d e');
    expect(displayText('\u200b\u0007')).toBe('');
    expect([...displayText('é'.repeat(200))]).toHaveLength(80);
  });

  it('is black on light and white on dark plates', () => {
    expect(inkOn('#ffd400')).toBe('#000000');
    expect(inkOn('#0072b2')).toBe('#ffffff');
    expect(inkOn('#16181d')).toBe('#ffffff');
  });
});
