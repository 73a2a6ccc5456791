import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../shared/package-root.ts';
import {
  decodeImage,
  defaultImageLimits,
  type ImageError,
  type ImageFault,
  type ImageLimits,
  inspectImage,
  type PixelImage,
} from './index.ts';

type Rgb = readonly [number, number, number];
const red: Rgb = [220, 30, 30];
const green: Rgb = [30, 200, 30];
const blue: Rgb = [30, 30, 220];
const grey: Rgb = [128, 128, 128];

/** Red top left, green top right, blue bottom left, grey bottom right. */
function quadrants(width = 160, height = 100): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const top = y < height / 2;
      const left = x < width / 2;
      data.set(top ? (left ? red : green) : left ? blue : grey, (y * width + x) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A photo-like picture with detail everywhere, so that no part of its file is empty. */
function textured(width = 120, height = 96): Sharp {
  const random = seededRandom(7);
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => 90 + 60 * Math.sin(i / 50) + random() * 40);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Mulberry32: a number in [0, 1) at each call. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const encoders: Record<string, (image: Sharp) => Promise<Buffer>> = {
  jpeg: (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
  'progressive jpeg': (image) => image.jpeg({ progressive: true }).toBuffer(),
  png: (image) => image.png().toBuffer(),
  webp: (image) => image.webp({ quality: 95 }).toBuffer(),
  avif: (image) => image.avif({ quality: 90, effort: 0 }).toBuffer(),
  gif: (image) => image.gif().toBuffer(),
  tiff: (image) => image.tiff({ compression: 'lzw' }).toBuffer(),
};

const limits = defaultImageLimits;

function pixelAt(image: PixelImage, x: number, y: number): number[] {
  const at = (Math.floor(y * image.height) * image.width + Math.floor(x * image.width)) * 3;
  return [...image.data.subarray(at, at + 3)];
}

function expectColour(actual: number[], expected: Rgb, tolerance = 14): void {
  for (const [i, value] of expected.entries())
    expect(Math.abs(actual[i]! - value), `${actual}`).toBeLessThan(tolerance);
}

function expectQuadrants(image: PixelImage): void {
  expect(image.data.length).toBe(image.width * image.height * 3);
  expectColour(pixelAt(image, 0.25, 0.25), red);
  expectColour(pixelAt(image, 0.75, 0.25), green);
  expectColour(pixelAt(image, 0.25, 0.75), blue);
  expectColour(pixelAt(image, 0.75, 0.75), grey);
}

function faultOf(bytes: Uint8Array, own: Partial<ImageLimits> = {}): Promise<ImageFault | 'decoded'> {
  return decodeImage(bytes, { limits: { ...limits, ...own } }).then(
    () => 'decoded',
    (error: ImageError) => {
      expect(error.name, String(error)).toBe('ImageError');
      return error.fault;
    },
  );
}

describe('formats', () => {
  for (const [name, encode] of Object.entries(encoders)) {
    it(`decodes ${name} to interleaved RGB`, async () => {
      const bytes = await encode(quadrants());
      const image = await decodeImage(bytes, { limits });
      expect(image).toMatchObject({ width: 160, height: 100, uprightWidth: 160, uprightHeight: 100 });
      expectQuadrants(image);
      expect(await inspectImage(bytes)).toMatchObject({ uprightWidth: 160, format: name.replace('progressive ', '') });
    });
  }

  it('hands out an array of its own memory, which can be transferred', async () => {
    const { data } = await decodeImage(await encoders.png!(quadrants()), { limits });
    expect(data.constructor).toBe(Uint8Array);
    expect(data.buffer.byteLength).toBe(data.length);
  });

  it('decodes bytes that are a window on a larger buffer', async () => {
    const png = await encoders.png!(quadrants());
    const padded = new Uint8Array(png.length + 20);
    padded.set(png, 7);
    expectQuadrants(await decodeImage(padded.subarray(7, 7 + png.length), { limits }));
  });

  for (const format of ['gif', 'webp'] as const) {
    it(`takes the first frame of an animated ${format}`, async () => {
      const frames = await Promise.all([quadrants(), textured(160, 100)].map((frame) => frame.png().toBuffer()));
      const animation = await sharp(frames, { join: { animated: true } })
        .toFormat(format)
        .toBuffer();
      const image = await decodeImage(animation, { limits });
      expect(image).toMatchObject({ width: 160, height: 100 });
      expectQuadrants(image);
    });
  }

  it('names the missing decoder for HEIC', async () => {
    const error: ImageError = await decodeImage(ftyp('heic', 'mif1', 'heic'), { limits }).catch((e) => e);
    expect(error.fault).toBe('unsupported-heic');
    expect(error.message).toContain('HEVC');
  });

  it('takes a file whose brands say only HEIF for HEIC, and one that also says avif for AVIF', async () => {
    expect(await faultOf(ftyp('mif1'))).toBe('unsupported-heic');
    expect(await faultOf(ftyp('mif1', 'avif'))).toBe('truncated');
  });

  const foreign: Record<string, Uint8Array | string> = {
    'an empty file': '',
    'one byte': '\xff',
    SVG: '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="9" height="9"/></svg>',
    'SVG with an XML head': '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>',
    PDF: '%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF',
    PPM: `P6 100 100 255\n${'x'.repeat(30000)}`,
    BMP: `BM${'\0'.repeat(200)}`,
    'a QuickTime film': ftyp('qt  '),
    HTML: '<!doctype html><p>hello',
    'random bytes': Uint8Array.from({ length: 5000 }, seededRandomByte(3)),
  };
  for (const [name, content] of Object.entries(foreign)) {
    it(`does not recognise ${name}`, async () => {
      const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
      expect(await faultOf(bytes)).toBe('unrecognised');
    });
  }
});

describe('orientation', () => {
  /** Where the upright image's pixel comes from in the stored one, all in 0..1; the EXIF specification's eight cases. */
  const storedFrom: Record<number, (x: number, y: number) => readonly [number, number]> = {
    1: (x, y) => [x, y],
    2: (x, y) => [1 - x, y],
    3: (x, y) => [1 - x, 1 - y],
    4: (x, y) => [x, 1 - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, 1 - x],
    7: (x, y) => [1 - y, 1 - x],
    8: (x, y) => [1 - y, x],
  };
  const colourOfStored = (x: number, y: number): Rgb => (y < 0.5 ? (x < 0.5 ? red : green) : x < 0.5 ? blue : grey);

  for (const [orientation, stored] of Object.entries(storedFrom)) {
    for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
      it(`turns a ${format} of EXIF orientation ${orientation} upright, whole and shrunk`, async () => {
        const bytes = await quadrants(480, 300)
          .withMetadata({ orientation: Number(orientation) })
          .toFormat(format, { quality: 95 })
          .toBuffer();
        const sideways = Number(orientation) >= 5;
        const upright = sideways ? [300, 480] : [480, 300];
        for (const maxSide of [undefined, 96]) {
          const image = await decodeImage(bytes, { limits, ...(maxSide ? { maxSide } : {}) });
          expect([image.uprightWidth, image.uprightHeight]).toEqual(upright);
          expect([image.width, image.height]).toEqual(maxSide ? upright.map((side) => side / 5) : upright);
          for (const [x, y] of [
            [0.2, 0.2],
            [0.8, 0.2],
            [0.2, 0.8],
            [0.8, 0.8],
          ] as const) {
            expectColour(pixelAt(image, x, y), colourOfStored(...stored(x, y)));
          }
        }
      });
    }
  }
});

describe('shrinking', () => {
  for (const [name, encode] of Object.entries(encoders)) {
    it(`shrinks ${name} to the wanted longer side and still tells the whole size`, async () => {
      const image = await decodeImage(await encode(quadrants(1000, 600)), { limits, maxSide: 200 });
      expect(image).toMatchObject({ width: 200, height: 120, uprightWidth: 1000, uprightHeight: 600 });
      expectQuadrants(image);
    });
  }

  it('never enlarges', async () => {
    const image = await decodeImage(await encoders.jpeg!(quadrants()), { limits, maxSide: 4000 });
    expect(image).toMatchObject({ width: 160, height: 100 });
  });

  it('keeps at least one pixel of a very long image', async () => {
    const long = await encoders.png!(quadrants(9000, 80));
    expect(await decodeImage(long, { limits, maxSide: 100 })).toMatchObject({ width: 100, height: 1 });
  });
});

describe('colour', () => {
  it('flattens transparency onto white, whatever colour hides below', async () => {
    const data = new Uint8Array(100 * 100 * 4).map((_, i) => (i % 4 === 3 ? (i < 20_000 ? 0 : 255) : 30));
    for (const format of ['png', 'webp', 'avif'] as const) {
      const bytes = await sharp(data, { raw: { width: 100, height: 100, channels: 4 } })
        .toFormat(format)
        .toBuffer();
      const image = await decodeImage(bytes, { limits });
      expectColour(pixelAt(image, 0.5, 0.2), [255, 255, 255], 6);
      expectColour(pixelAt(image, 0.5, 0.8), [30, 30, 30], 6);
    }
  });

  it('flattens a transparent TIFF', async () => {
    const clear = sharp(new Uint8Array(100 * 100 * 4), { raw: { width: 100, height: 100, channels: 4 } });
    const image = await decodeImage(await clear.tiff({ compression: 'lzw' }).toBuffer(), { limits });
    expect(pixelAt(image, 0.5, 0.5)).toEqual([255, 255, 255]);
  });

  it('spreads greyscale, with and without alpha, over three channels', async () => {
    const grey = new Uint8Array(100 * 100).fill(100);
    const plain = sharp(grey, { raw: { width: 100, height: 100, channels: 1 } });
    for (const bytes of [
      await plain.clone().toColourspace('b-w').png().toBuffer(),
      await plain.clone().toColourspace('b-w').jpeg().toBuffer(),
      await plain.clone().toColourspace('b-w').ensureAlpha(1).png().toBuffer(),
    ]) {
      const image = await decodeImage(bytes, { limits });
      expect(image.data.length).toBe(30_000);
      expectColour(pixelAt(image, 0.5, 0.5), [100, 100, 100], 4);
    }
  });

  it('brings 16 bits down to 8', async () => {
    const bytes = await quadrants().toColourspace('rgb16').png().toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expectQuadrants(await decodeImage(bytes, { limits }));
  });

  it('brings 16-bit greyscale down to 8 bits and three channels', async () => {
    const deep = new Uint16Array(100 * 100).fill(100 * 257);
    const bytes = await sharp(deep, { raw: { width: 100, height: 100, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expectColour(pixelAt(await decodeImage(bytes, { limits }), 0.5, 0.5), [100, 100, 100], 4);
  });

  it('converts CMYK', async () => {
    const bytes = await quadrants().toColourspace('cmyk').jpeg({ quality: 98 }).toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(4);
    const image = await decodeImage(bytes, { limits });
    // Print inks reach neither colour wholly: the hue is what must hold.
    const [r = 0, g = 0, b = 0] = pixelAt(image, 0.25, 0.25);
    expect(r).toBeGreaterThan(Math.max(g, b) + 100);
    expectColour(pixelAt(image, 0.75, 0.75), grey, 20);
  });

  for (const depth of [8, 16]) {
    it(`converts an embedded Display P3 profile of ${depth} bits to sRGB`, async () => {
      const wide = depth === 16 ? quadrants().toColourspace('rgb16') : quadrants();
      const bytes = await wide.withIccProfile('p3').png().toBuffer();
      expect((await sharp(bytes).metadata()).icc).toBeDefined();
      expectQuadrants(await decodeImage(bytes, { limits }));
    });
  }
});

describe('limits', () => {
  it('refuses a file with more bytes than allowed, before looking into it', async () => {
    const bytes = await encoders.png!(quadrants());
    expect(await faultOf(bytes, { maxBytes: bytes.length - 1 })).toBe('too-many-bytes');
    expect(await faultOf(bytes, { maxBytes: bytes.length })).toBe('decoded');
  });

  it('refuses a PNG that claims 60,000 x 60,000 pixels', async () => {
    expect(await faultOf(hugePng(60_000, 60_000))).toBe('too-many-pixels');
  });

  it('refuses a bomb by its header in every format, whatever it is shrunk to', async () => {
    for (const encode of Object.values(encoders)) {
      const bytes = await encode(quadrants(200, 200));
      expect(await faultOf(bytes, { maxPixels: 39_999 })).toBe('too-many-pixels');
      await expect(decodeImage(bytes, { limits: { ...limits, maxPixels: 39_999 }, maxSide: 90 })).rejects.toMatchObject(
        { fault: 'too-many-pixels' },
      );
      expect(await faultOf(bytes, { maxPixels: 40_000 })).toBe('decoded');
    }
  });

  it('refuses an image below the shortest side and above the longest, at the pixel', async () => {
    expect(await faultOf(await encoders.png!(quadrants(80, 80)))).toBe('decoded');
    expect(await faultOf(await encoders.png!(quadrants(79, 200)))).toBe('too-small');
    expect(await faultOf(await encoders.png!(quadrants(200, 79)))).toBe('too-small');
    expect(await faultOf(await encoders.png!(quadrants(200, 100)), { maxSide: 199 })).toBe('too-many-pixels');
  });
});

describe('hostile files', () => {
  for (const [name, encode] of Object.entries(encoders)) {
    it(`refuses a truncated ${name}`, async () => {
      const bytes = await encode(textured());
      for (const share of [0.02, 0.1, 0.5, 0.9]) {
        const fault = await faultOf(bytes.subarray(0, Math.max(16, Math.floor(bytes.length * share))));
        expect(fault, `${share}`).toBe('truncated');
      }
    });

    it(`answers a damaged ${name} with pixels or an ImageError`, async () => {
      const bytes = await encode(textured());
      const random = seededRandom(11);
      let refused = 0;
      for (let round = 0; round < 60; round++) {
        const mutant = Uint8Array.from(bytes);
        const edits = 1 + Math.floor(random() * 12);
        // Half the rounds aim at the header, where sizes and offsets are.
        const reach = round % 2 === 0 ? Math.min(64, mutant.length) : mutant.length;
        for (let i = 0; i < edits; i++) mutant[Math.floor(random() * reach)] = Math.floor(random() * 256);
        if ((await faultOf(mutant)) !== 'decoded') refused++;
      }
      expect(refused).toBeGreaterThan(0);
    });
  }

  it('reads a polyglot as the format it begins with, and nothing else', async () => {
    const jpeg = await encoders.jpeg!(quadrants());
    const script = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"/>%PDF-1.4');
    expect(await decodeImage(Buffer.concat([jpeg, script]), { limits })).toMatchObject({ width: 160 });
    for (const magic of ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF89a', 'RIFF\0\0\0\0WEBP', 'II*\0', 'MM\0*']) {
      expect(await faultOf(Buffer.concat([Buffer.from(magic, 'latin1'), script]))).toBe('truncated');
    }
  });

  it('never lets libvips load SVG in this process', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>');
    await expect(sharp(svg).metadata()).rejects.toThrow();
  });

  it('refuses a JPEG of thousands of scans', async () => {
    const jpeg = await encoders['progressive jpeg']!(quadrants(2000, 2000));
    const lastScan = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scan = jpeg.subarray(lastScan, jpeg.length - 2);
    const bomb = Buffer.concat([
      jpeg.subarray(0, jpeg.length - 2),
      ...Array(5000).fill(scan),
      Buffer.from([0xff, 0xd9]),
    ]);
    expect(bomb.length).toBeLessThan(limits.maxBytes);
    expect(await faultOf(bomb)).toBe('truncated');
  });
});

describe('real photos', () => {
  const folder = join(packageRoot(), '../shared/data');
  it.skipIf(!existsSync(folder))('decodes every photo of ../shared/data/faces, text and scenes', async () => {
    let decoded = 0;
    for (const name of ['faces', 'text', 'scenes']) {
      for (const file of readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' })) {
        if (!/\.(jpe?g|png|webp|gif|tiff?)$/i.test(file)) continue;
        const bytes = readFileSync(join(folder, name, file));
        const image = await decodeImage(bytes, { limits: { ...limits, minSide: 1 }, maxSide: 640 });
        expect(Math.max(image.width, image.height), file).toBeLessThanOrEqual(640);
        decoded++;
      }
    }
    expect(decoded).toBeGreaterThan(50);
  });
});

function seededRandomByte(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.floor(random() * 256);
}

/** An ISO base media file of nothing but its `ftyp` box. */
function ftyp(major: string, ...compatible: string[]): Uint8Array {
  const body = Buffer.from(`ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body, Buffer.alloc(64)]);
}

/** A PNG whose header claims a size its data does not hold. */
function hugePng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(100_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(body.length, 0);
  chunk.set(typed, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return chunk;
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

it('gives the memory of pixels back: forty decodings of four megapixels leave less than half of them', async () => {
  const pixelBytes = 2000 * 2000 * 3;
  const bytes = await sharp({ create: { width: 2000, height: 2000, channels: 3, background: '#777' } })
    .jpeg()
    .toBuffer();
  const decodeSome = async (times: number): Promise<void> => {
    // Pixels outside of the heap are collected with it, which copies hasten.
    for (let i = 0; i < times; i++) new Uint8Array((await decodeImage(bytes, { limits })).data);
  };
  await decodeSome(20);
  const before = process.memoryUsage.rss();
  await decodeSome(40);
  expect(process.memoryUsage.rss() - before).toBeLessThan(20 * pixelBytes);
}, 60_000);
