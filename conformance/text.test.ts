import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DetectTextCommand,
  type DetectTextFilters,
  type Image,
  type RegionOfInterest,
  type RekognitionClient,
  type TextDetection,
} from '@aws-sdk/client-rekognition';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { blankImage } from './photos.ts';
import { discard, type Server, startServer, temporaryFolder } from './server.ts';

let server: Server;
let client: RekognitionClient;
let sign: Uint8Array;
const bucketsDir = temporaryFolder('likeness-buckets');

const width = 640;
const height = 400;

/** A sign: each line with the y of its baseline, its x and its size, black on white. */
async function signOf(
  lines: readonly { text: string; x: number; y: number; size: number }[],
  turned = 0,
): Promise<Uint8Array> {
  const texts = lines.map(
    ({ text, x, y, size }) =>
      `<text x="${x}" y="${y}" font-size="${size}" font-family="DejaVu Sans, sans-serif">${text}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#fff"/>
    <g transform="rotate(${turned} ${width / 2} ${height / 2})">${texts.join('')}</g></svg>`;
  return new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
}

const shop = [
  { text: 'Fresh coffee', x: 60, y: 120, size: 44 },
  { text: 'open daily until nine', x: 60, y: 220, size: 32 },
  { text: 'closed', x: 60, y: 320, size: 18 },
];

beforeAll(async () => {
  sign = await signOf(shop);
  mkdirSync(join(bucketsDir, 'signs'));
  writeFileSync(join(bucketsDir, 'signs', 'shop.png'), sign);
  server = await startServer({ env: { LIKENESS_BUCKETS_DIR: bucketsDir, LIKENESS_WORKERS: '2' } });
  client = server.client();
});
afterAll(async () => {
  await discard(server);
  rmSync(bucketsDir, { recursive: true, force: true });
});

const detectIn = (image: Image, Filters?: DetectTextFilters) =>
  client.send(new DetectTextCommand({ Image: image, ...(Filters && { Filters }) }));
const detect = async (Bytes: Uint8Array, Filters?: DetectTextFilters): Promise<TextDetection[]> =>
  (await detectIn({ Bytes }, Filters)).TextDetections ?? [];
const lines = (found: readonly TextDetection[]) => found.filter(({ Type }) => Type === 'LINE');
const words = (found: readonly TextDetection[]) => found.filter(({ Type }) => Type === 'WORD');
const texts = (found: readonly TextDetection[]) => found.map(({ DetectedText }) => DetectedText);
const within = (...RegionsOfInterest: RegionOfInterest[]): DetectTextFilters => ({ RegionsOfInterest });

describe('DetectText', () => {
  it('tells lines from the top, then their words, each with the id of its line', async () => {
    const found = await detect(sign);
    expect(texts(lines(found))).toEqual(['Fresh coffee', 'open daily until nine', 'closed']);
    expect(texts(words(found))).toEqual(['Fresh', 'coffee', 'open', 'daily', 'until', 'nine', 'closed']);
    expect(found.map(({ Id }) => Id)).toEqual([...found.keys()]);
    expect(lines(found).map(({ ParentId }) => ParentId)).toEqual([undefined, undefined, undefined]);
    expect(words(found).map(({ ParentId }) => ParentId)).toEqual([0, 0, 1, 1, 1, 1, 2]);
    for (const { Confidence } of found) {
      expect(Confidence).toBeGreaterThan(80);
      expect(Confidence).toBeLessThanOrEqual(100);
    }
  });

  it('tells boxes and polygons of four points that hold the text, in ratios of the image', async () => {
    const found = await detect(sign);
    for (const { Geometry } of found) {
      const { Left = -1, Top = -1, Width = 0, Height = 0 } = Geometry?.BoundingBox ?? {};
      const polygon = Geometry?.Polygon ?? [];
      expect(polygon).toHaveLength(4);
      const xs = polygon.map(({ X = -1 }) => X);
      const ys = polygon.map(({ Y = -1 }) => Y);
      expect(Math.min(...xs)).toBeCloseTo(Left, 5);
      expect(Math.max(...xs)).toBeCloseTo(Left + Width, 5);
      expect(Math.min(...ys)).toBeCloseTo(Top, 5);
      expect(Math.max(...ys)).toBeCloseTo(Top + Height, 5);
      expect(Math.min(...xs, ...ys)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...xs, ...ys)).toBeLessThanOrEqual(1);
    }
    const [first] = lines(found);
    const { Left = 0, Top = 0, Width = 0, Height = 0 } = first?.Geometry?.BoundingBox ?? {};
    // Capitals of this font are 0.73 of its size high.
    expect(Math.abs(Left - 60 / width)).toBeLessThan(0.02);
    expect(Top).toBeLessThan((120 - 0.73 * 44) / height);
    expect(Top + Height).toBeGreaterThan(120 / height);
    expect(Height).toBeLessThan(0.2);
    expect(Width).toBeGreaterThan(0.4);
  });

  it.each([20, -35, 90, -90, 180])(
    'reads text turned by %s degrees, the polygon beginning at its own top left',
    async (degrees) => {
      const found = await detect(await signOf([{ text: 'Platform seven', x: 160, y: 215, size: 40 }], degrees));
      expect(texts(lines(found))).toEqual(['Platform seven']);
      const [topLeft, topRight, , bottomLeft] = lines(found)[0]?.Geometry?.Polygon ?? [];
      const towards = (to: typeof topRight) =>
        (Math.atan2(((to?.Y ?? 0) - (topLeft?.Y ?? 0)) * height, ((to?.X ?? 0) - (topLeft?.X ?? 0)) * width) * 180) /
        Math.PI;
      const off = (angle: number) => Math.abs(((angle + 540) % 360) - 180);
      expect(off(towards(topRight) - degrees)).toBeLessThan(2);
      expect(off(towards(bottomLeft) - degrees - 90)).toBeLessThan(2);
    },
  );

  it('names the version that read, and no orientation correction', async () => {
    const answer = await detectIn({ Bytes: sign });
    expect(answer.TextModelVersion).toMatch(/^\d+\.\d+$/);
    expect(Object.keys(answer).sort()).toEqual(['$metadata', 'TextDetections', 'TextModelVersion']);
  });

  it('answers an image without text with an empty list', async () => {
    expect(await detect(await blankImage())).toEqual([]);
  });

  it('tells at most 100 words, the first as they are read', async () => {
    const many = Array.from({ length: 14 }, (_, row) => ({
      text: Array.from({ length: 9 }, (_, column) => `w${row * 9 + column + 100}`).join('\u00a0\u00a0 '),
      x: 20,
      y: 30 + row * 27,
      size: 18,
    }));
    const found = words(await detect(await signOf(many), { WordFilter: { MinConfidence: 0 } }));
    expect(found).toHaveLength(100);
    expect(found[0]?.DetectedText).toBe('w100');
    expect(found.at(-1)?.DetectedText).toBe('w199');
  });

  it('takes an object of a bucket as it takes bytes', async () => {
    const found = await detectIn({ S3Object: { Bucket: 'signs', Name: 'shop.png' } });
    expect(found.TextDetections).toEqual(await detect(sign));
  });
});

describe('filters of words', () => {
  it('leave out words that are less sure, and lines without a word left', async () => {
    const everything = await detect(sign, { WordFilter: { MinConfidence: 0 } });
    const sorted = words(everything)
      .map(({ Confidence = 0 }) => Confidence)
      .sort((a, b) => a - b);
    const MinConfidence = ((sorted[2] ?? 0) + (sorted[3] ?? 0)) / 2;
    const kept = await detect(sign, { WordFilter: { MinConfidence } });
    const sure = words(everything).filter(({ Confidence = 0 }) => Confidence >= MinConfidence);
    expect(texts(words(kept))).toEqual(texts(sure));
    const parents = new Set(words(kept).map(({ ParentId }) => ParentId));
    expect([...parents].sort()).toEqual(lines(kept).map(({ Id }) => Id));
  });

  it('leave out words below 80 when nothing is said', async () => {
    for (const { Confidence } of words(await detect(sign))) expect(Confidence).toBeGreaterThanOrEqual(80);
  });

  it('leave out words that are lower or narrower than asked', async () => {
    const high = await detect(sign, { WordFilter: { MinBoundingBoxHeight: 0.09 } });
    expect(texts(words(high))).toContain('coffee');
    expect(texts(words(high))).not.toContain('closed');
    const wide = await detect(sign, { WordFilter: { MinBoundingBoxWidth: 0.2 } });
    expect(texts(words(wide))).toEqual(['Fresh', 'coffee'].filter((word) => texts(words(wide)).includes(word)));
    expect(texts(words(wide))).toContain('coffee');
    expect(await detect(sign, { WordFilter: { MinBoundingBoxHeight: 1 } })).toEqual([]);
  });
});

describe('regions of interest', () => {
  const top = { BoundingBox: { Left: 0, Top: 0, Width: 1, Height: 0.4 } };
  const bottom = { BoundingBox: { Left: 0, Top: 0.7, Width: 1, Height: 0.3 } };

  it('keep what lies in one of them', async () => {
    expect(texts(lines(await detect(sign, within(top))))).toEqual(['Fresh coffee']);
    expect(texts(lines(await detect(sign, within(bottom, top))))).toEqual(['Fresh coffee', 'closed']);
  });

  it('may be polygons', async () => {
    const triangle = {
      Polygon: [
        { X: 0, Y: 0.62 },
        { X: 0.5, Y: 1 },
        { X: 0, Y: 1 },
      ],
    };
    expect(texts(lines(await detect(sign, within(triangle))))).toEqual(['closed']);
  });

  it('keep what is more than half in them together, though half in none', async () => {
    const [box] = lines(await detect(sign)).map(({ Geometry }) => Geometry?.BoundingBox);
    const { Top = 0, Height = 0 } = box ?? {};
    const strip = (from: number, to: number) => ({
      BoundingBox: { Left: 0, Width: 1, Top: Top + Height * from, Height: Height * (to - from) },
    });
    expect(await detect(sign, within(strip(0.1, 0.5)))).toEqual([]);
    expect(texts(lines(await detect(sign, within(strip(0.1, 0.5), strip(0.5, 0.9)))))).toEqual(['Fresh coffee']);
    expect(texts(words(await detect(sign, within(strip(0.1, 0.7)))))).toEqual(['Fresh', 'coffee']);
  });

  it('are refused when they are neither a box nor a polygon, both, or too many', async () => {
    const message = 'Request has invalid parameters';
    const Polygon = [
      { X: 0, Y: 0 },
      { X: 1, Y: 0 },
      { X: 1, Y: 1 },
    ];
    for (const region of [
      {},
      { ...top, Polygon },
      { Polygon: Polygon.slice(0, 2) },
      { Polygon: Array.from({ length: 11 }, (_, i) => ({ X: i / 11, Y: 0.5 })) },
      { BoundingBox: { Left: 0, Top: 0, Width: 0, Height: 1 } },
      { BoundingBox: { Left: 0, Top: 0, Width: 1 } },
      { BoundingBox: { Left: -0.5, Top: 0, Width: 1, Height: 1 } },
    ]) {
      await expectFailure(detect(sign, within(region)), 'InvalidParameterException', message);
    }
    await expectFailure(
      detect(sign, within(...Array.from({ length: 11 }, () => top))),
      'ValidationException',
      /at 'filters\.regionsOfInterest' failed to satisfy constraint: Member must have length less than or equal to 10/,
    );
  });
});

describe('what is refused', () => {
  it('a filter out of its range, in the words of AWS', async () => {
    await expectFailure(
      detect(sign, { WordFilter: { MinConfidence: 101 } }),
      'ValidationException',
      /^1 validation error detected: Value '101(\.0)?' at 'filters\.wordFilter\.minConfidence' failed to satisfy constraint: Member must have value less than or equal to 100/,
    );
    await expectFailure(detect(sign, { WordFilter: { MinBoundingBoxHeight: -0.1 } }), 'ValidationException');
    await expectFailure(detect(sign, { WordFilter: { MinBoundingBoxWidth: 1.5 } }), 'ValidationException');
  });

  it('an image that is not given, is none, is too small or is too large', async () => {
    await expectFailure(
      client.send(new DetectTextCommand({ Image: undefined })),
      'ValidationException',
      "1 validation error detected: Value null at 'image' failed to satisfy constraint: Member must not be null",
    );
    await expectFailure(detectIn({}), 'InvalidParameterException');
    await expectFailure(detect(new Uint8Array(100)), 'InvalidImageFormatException', 'Request has invalid image format');
    await expectFailure(detect(await blankImage(79, 79)), 'InvalidParameterException', /79 x 79/);
    await expectFailure(detect(new Uint8Array(5_242_881)), 'ImageTooLargeException', 'Image size is too large.');
    await expectFailure(
      detectIn({ S3Object: { Bucket: 'signs', Name: 'nothing.png' } }),
      'InvalidS3ObjectException',
      'Unable to get object metadata from S3. Check object key, region and/or access permissions.',
    );
  });
});

describe('an image made to be slow', () => {
  it('of noise and thousands of specks is answered in time', async () => {
    const side = 1200;
    const specks = new Uint8Array(side * side).fill(255);
    for (let y = 4; y < side - 6; y += 12) {
      for (let x = 4; x < side - 6; x += 12) {
        for (let dy = 0; dy < 5; dy++) specks.fill(0, (y + dy) * side + x, (y + dy) * side + x + 3 + ((x * 7 + y) % 3));
      }
    }
    const png = await sharp(specks, { raw: { width: side, height: side, channels: 1 } })
      .png()
      .toBuffer();
    const start = performance.now();
    expect(words(await detect(new Uint8Array(png))).length).toBeLessThanOrEqual(100);
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});

describe('the audit of text', () => {
  it('counts lines and words, and neither it nor the log holds what they say', async () => {
    await detect(await signOf([{ text: 'Xylophone quartet', x: 60, y: 200, size: 40 }]));
    const { stdout } = await server.likeness(
      'audit',
      'show',
      '--operation',
      'DetectText',
      '--limit',
      '400',
      '--json',
      '--endpoint',
      server.url,
    );
    expect(stdout).toContain('wordsFound');
    expect(stdout).toContain('textLinesFound');
    for (const kept of [stdout, server.log(), readFileSync(join(server.dataDir, 'trust', 'public-key.pem'), 'utf8')]) {
      expect(kept.toLowerCase()).not.toContain('xylophone');
    }
  });
});

describe('likeness detect-text', () => {
  it('prints lines, JSON where asked, and draws', async () => {
    const file = join(server.dataDir, 'sign.png');
    const drawn = join(server.dataDir, 'drawn.png');
    writeFileSync(file, sign);
    const plain = await server.likeness('detect-text', file, '--endpoint', server.url, '--draw', drawn);
    expect(plain.exitCode, plain.stderr).toBe(0);
    expect(plain.stdout).toContain('open daily until nine');
    expect(plain.stdout).toContain('3 lines, 7 words');
    expect(await sharp(drawn).metadata()).toMatchObject({ width, height });
    const json = await server.likeness(
      'detect-text',
      file,
      '--endpoint',
      server.url,
      '--json',
      '--min-confidence',
      '0',
    );
    expect(texts(lines(JSON.parse(json.stdout).TextDetections))).toHaveLength(3);
  });
});
