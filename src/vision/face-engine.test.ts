import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type SharpOptions } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestModels, testModelsDir } from '../../tests/setup/models.ts';
import { ImageError } from '../media/index.ts';
import type { Box } from '../shared/geometry.ts';
import { packageRoot } from '../shared/package-root.ts';
import { UnknownFaceModelError } from './errors.ts';
import { createFaceEngine, type FaceEngine } from './face-engine.ts';
import type { EmbedFacesOptions, FaceAttribute } from './faces.ts';
import { fetchSamplePhotos } from './models/index.ts';

const SHARED = join(packageRoot(), '..', 'shared', 'data');
const NO_ATTRIBUTES: ReadonlySet<FaceAttribute> = new Set();
const NEVER = new AbortController().signal;
const FAST: EmbedFacesOptions = {
  modelVersion: '1.1',
  find: 'all',
  maxFaces: 100,
  keep: 'best',
  qualityFilter: 'AUTO',
  attributes: NO_ATTRIBUTES,
};

let engine: FaceEngine;
/** Group photos of 3, 3, 3, 4, 5 and 4 people. */
let samples: Uint8Array[];

beforeAll(async () => {
  engine = await createFaceEngine({ models: await openTestModels() });
  samples = (await fetchSamplePhotos(testModelsDir())).map((path) => new Uint8Array(readFileSync(path)));
});
afterAll(() => engine?.close());

const detect = (bytes: Uint8Array, maxFaces = 100) =>
  engine.detect({ bytes }, { maxFaces, attributes: NO_ATTRIBUTES }, NEVER);

/** The head of one person of the last sample photo, cut out with some room around it. */
async function oneHead(): Promise<Uint8Array> {
  const { faces, width, height } = await detect(samples[5]!, 1);
  const { box } = faces[0]!;
  const crop = sharp(samples[5]!).extract({
    left: Math.round((box.left - box.width * 0.6) * width),
    top: Math.round((box.top - box.height * 0.6) * height),
    width: Math.round(box.width * 2.2 * width),
    height: Math.round(box.height * 2.2 * height),
  });
  return new Uint8Array(await crop.png().toBuffer());
}

function iou(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (a.width * a.height + b.width * b.height - shared);
}

const cosine = (a: Float32Array, b: Float32Array) => {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

describe('detection', () => {
  it('finds everybody in the sample photos and nobody else, surely', async () => {
    const counts: number[] = [];
    for (const photo of samples) {
      const { faces } = await detect(photo);
      counts.push(faces.length);
      for (const { confidence } of faces) expect(confidence).toBeGreaterThan(99);
    }
    expect(counts).toEqual([3, 3, 3, 4, 5, 4]);
  });

  it('gives the largest first and drops the smallest above maxFaces', async () => {
    const { faces } = await detect(samples[4]!);
    const areas = faces.map(({ box }) => box.width * box.height);
    expect(areas).toEqual([...areas].sort((a, b) => b - a));
    const { faces: two } = await detect(samples[4]!, 2);
    expect(two.map(({ box }) => box)).toEqual(faces.slice(0, 2).map(({ box }) => box));
  });

  it('reads landmarks in their places: eyes over nose over mouth over chin, left at the left', async () => {
    for (const { landmarks, pose } of (await detect(samples[4]!)).faces) {
      const at = (type: string) => landmarks.find((landmark) => landmark.type === type)!;
      expect(Math.abs(pose.roll)).toBeLessThan(45);
      expect(at('eyeLeft').x).toBeLessThan(at('eyeRight').x);
      expect(at('mouthLeft').x).toBeLessThan(at('mouthRight').x);
      expect(at('upperJawlineLeft').x).toBeLessThan(at('upperJawlineRight').x);
      expect(at('leftEyeBrowUp').y).toBeLessThan(at('leftEyeUp').y);
      expect(at('leftEyeUp').y).toBeLessThan(at('leftEyeDown').y);
      expect(at('nose').y).toBeLessThan(at('mouthUp').y);
      expect(at('mouthDown').y).toBeLessThan(at('chinBottom').y);
    }
  });

  it('sees a photo upright as its EXIF orientation says, with coordinates of the upright photo', async () => {
    const upright = await sharp(samples[0]!).resize(960).jpeg({ quality: 95 }).toBuffer();
    // stored lying on its side, with the note that it has to be turned by 90 degrees
    const lying = await sharp(upright).rotate(-90).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    const straight = await detect(new Uint8Array(upright));
    const turned = await detect(new Uint8Array(lying));
    expect([turned.width, turned.height]).toEqual([straight.width, straight.height]);
    expect(turned.faces).toHaveLength(straight.faces.length);
    for (const face of straight.faces) {
      expect(Math.max(...turned.faces.map(({ box }) => iou(box, face.box)))).toBeGreaterThan(0.85);
    }
  });

  it.each([90, 270])('finds large heads turned by %i degrees and tells their roll', async (degrees) => {
    const straight = (await detect(await oneHead())).faces[0]!;
    const turned = new Uint8Array(
      await sharp(await oneHead())
        .rotate(degrees)
        .png()
        .toBuffer(),
    );
    const misses = (await detect(turned)).faces.map(({ pose }) =>
      Math.abs(((pose.roll - straight.pose.roll - degrees + 900) % 360) - 180),
    );
    expect(Math.min(...misses)).toBeLessThan(15);
  });

  it('finds no face where there is none', async () => {
    const noise = await sharp({
      create: { width: 640, height: 480, channels: 3, noise: { type: 'gaussian', mean: 120, sigma: 40 } },
    } as SharpOptions)
      .png()
      .toBuffer();
    expect((await detect(new Uint8Array(noise))).faces).toEqual([]);
  });

  it('refuses what is no image, and stops when it is told to', async () => {
    await expect(detect(new Uint8Array([1, 2, 3, 4]))).rejects.toBeInstanceOf(ImageError);
    const options = { maxFaces: 1, attributes: NO_ATTRIBUTES };
    await expect(engine.detect({ bytes: samples[0]! }, options, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('raw features', () => {
  it('are nearly the same the quick way, the thorough way and from a shrunken photo', async () => {
    const bytes = await oneHead();
    const whole = await engine.rawFeatures({ bytes }, 'all', NEVER);
    const quick = await engine.rawFeatures({ bytes }, 'largest', NEVER);
    const small = new Uint8Array(await sharp(bytes).resize(400).png().toBuffer());
    const shrunk = await engine.rawFeatures({ bytes: small }, 'all', NEVER);
    expect(whole?.dlib).toHaveLength(128);
    expect(whole?.faceres).toHaveLength(1024);
    for (const other of [quick, shrunk]) {
      expect(cosine(whole!.dlib, other!.dlib)).toBeGreaterThan(0.99);
      expect(cosine(whole!.faceres!, other!.faceres!)).toBeGreaterThan(0.95);
    }
  });

  it('hardly change when the photo is mirrored', async () => {
    const bytes = await oneHead();
    const mirrored = new Uint8Array(await sharp(bytes).flop().png().toBuffer());
    const one = await engine.rawFeatures({ bytes }, 'all', NEVER);
    const other = await engine.rawFeatures({ bytes: mirrored }, 'all', NEVER);
    expect(cosine(one!.dlib, other!.dlib)).toBeGreaterThan(0.98);
  });

  it('are absent where there is no face', async () => {
    const grey = await sharp({ create: { width: 200, height: 200, channels: 3, background: '#888' } })
      .png()
      .toBuffer();
    expect(await engine.rawFeatures({ bytes: new Uint8Array(grey) }, 'largest', NEVER)).toBeUndefined();
  });
});

describe.skipIf(!existsSync(join(packageRoot(), 'data', 'recipe-fast.json')))('embedding', () => {
  it('gives every accepted face a template and rejects the faces above the limit', async () => {
    const { accepted, rejected } = await engine.embed({ bytes: samples[4]! }, { ...FAST, maxFaces: 2 }, NEVER);
    expect(accepted.map(({ template }) => template.length)).toEqual([128, 128]);
    expect(rejected.map(({ reasons }) => reasons)).toEqual([
      ['EXCEEDS_MAX_FACES'],
      ['EXCEEDS_MAX_FACES'],
      ['EXCEEDS_MAX_FACES'],
    ]);
  });

  it('keeps the largest faces when asked for them', async () => {
    const { accepted } = await engine.embed({ bytes: samples[4]! }, { ...FAST, maxFaces: 2, keep: 'largest' }, NEVER);
    const { faces } = await detect(samples[4]!);
    expect(accepted.map(({ box }) => box)).toEqual(faces.slice(0, 2).map(({ box }) => box));
  });

  it('rejects faces that are too small for the filter, and only then', async () => {
    const small = new Uint8Array(await sharp(samples[4]!).resize(320).png().toBuffer());
    const strict = await engine.embed({ bytes: small }, { ...FAST, qualityFilter: 'HIGH' }, NEVER);
    expect(strict.accepted).toEqual([]);
    expect(strict.rejected).toHaveLength(5);
    for (const { reasons } of strict.rejected) expect(reasons).toContain('SMALL_BOUNDING_BOX');
    const open = await engine.embed({ bytes: small }, { ...FAST, qualityFilter: 'NONE' }, NEVER);
    expect(open.accepted).toHaveLength(5);
  });

  it('finds only the largest face when that is all that is asked for', async () => {
    const { accepted, rejected } = await engine.embed({ bytes: samples[1]! }, { ...FAST, find: 'largest' }, NEVER);
    expect(accepted).toHaveLength(1);
    expect(rejected).toEqual([]);
    const { faces } = await detect(samples[1]!);
    expect(iou(accepted[0]!.box, faces[0]!.box)).toBeGreaterThan(0.8);
  });
});

describe.skipIf(!existsSync(join(packageRoot(), 'data', 'recipe-fast.json')))('a small face in a large photo', () => {
  it.each([1, 6])(
    'is embedded from all its pixels, as when all faces are, at EXIF orientation %i',
    async (orientation) => {
      const head = await sharp(await oneHead())
        .resize({ height: 560 })
        .toBuffer();
      const lies = orientation === 6;
      const canvas = { width: 3600, height: 2400, channels: 3, background: '#667' } as const;
      const upright = await sharp({ create: canvas })
        .composite([{ input: head, left: 2300, top: 700 }])
        .png()
        .toBuffer();
      const photo = await sharp(upright)
        .rotate(lies ? 270 : 0)
        .withMetadata({ orientation })
        .jpeg({ quality: 95 })
        .toBuffer();
      const embed = async (find: EmbedFacesOptions['find']) =>
        engine.embed({ bytes: new Uint8Array(photo) }, { ...FAST, find, qualityFilter: 'NONE' }, NEVER);
      const [quick, all] = [await embed('largest'), await embed('all')];
      expect([quick.width, quick.height]).toEqual([3600, 2400]);
      expect(quick.accepted).toHaveLength(1);
      // Small enough to be decoded again.
      expect(quick.accepted[0]!.box.height * 2400).toBeLessThan((140 * 3600) / 800);
      expect(iou(quick.accepted[0]!.box, all.accepted[0]!.box)).toBeGreaterThan(0.95);
      expect(cosine(quick.accepted[0]!.template, all.accepted[0]!.template)).toBeGreaterThan(0.995);
    },
  );
});

it('refuses a model version it does not know', async () => {
  const unknown = engine.embed({ bytes: samples[0]! }, { ...FAST, modelVersion: 'other-7' }, NEVER);
  await expect(unknown).rejects.toBeInstanceOf(UnknownFaceModelError);
});

/** Truth of ../shared/data/crowd: `[x0, y0, x1, y1]` in pixels; a box counts that lies and measures about as the truth's. */
function countHits(boxes: readonly Box[], truth: readonly number[][], width: number, height: number): number {
  const free = new Set(truth.keys());
  for (const box of boxes) {
    const hit = [...free].find((i) => {
      const [x0, y0, x1, y1] = truth[i] as [number, number, number, number];
      const tall = y1 - y0;
      const dx = (box.left + box.width / 2) * width - (x0 + x1) / 2;
      const dy = (box.top + box.height / 2) * height - (y0 + y1) / 2;
      const ratio = Math.max(box.width * width, box.height * height) / tall;
      return Math.hypot(dx, dy) < tall / 2 && ratio > 0.5 && ratio < 2;
    });
    if (hit !== undefined) free.delete(hit);
  }
  return truth.length - free.size;
}

describe.skipIf(!existsSync(join(SHARED, 'crowd')))('a crowd of a hundred faces (../shared/data/crowd)', () => {
  it.each([
    [24, 90],
    [40, 98],
  ])('of %i pixels in 1920x1080 is found to %i, with at most 15 boxes beside', async (size, least) => {
    const path = join(SHARED, 'crowd', `c${size}.png`);
    const truth = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as number[][];
    const { faces, width, height } = await detect(new Uint8Array(readFileSync(path)), 200);
    const hits = countHits(
      faces.map(({ box }) => box),
      truth,
      width,
      height,
    );
    expect(hits).toBeGreaterThanOrEqual(least);
    expect(faces.length - hits).toBeLessThanOrEqual(15);
  });
});
