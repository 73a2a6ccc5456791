import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { colourNamer } from '../../shared/colour-names.ts';
import { labOf, rgbOfLab } from '../../shared/lab.ts';
import { readLabelTable } from '../../shared/label-table.ts';
import { pyramidOf } from '../align/raster.ts';
import { openModelStore } from '../models/index.ts';
import { curveOf, readLabelCalibration } from './calibration.ts';
import { crowdOf } from './crowd.ts';
import { dominantColours } from './dominant-colours.ts';
import { faceLabels, labelsOfFaces } from './face-labels.ts';
import { lookOf } from './image-look.ts';
import { createLabelEngine } from './label-engine.ts';
import type { RawLabel } from './port.ts';
import type { LabelSourceDefinition, LookOptions } from './source.ts';
import { labelSources } from './sources.ts';

const box = { left: 0.1, top: 0.1, width: 0.2, height: 0.2 };
const never = new AbortController().signal;
const models = openModelStore({ modelsDir: '/nowhere' });
const parts = {
  models,
  packs: {
    installed: async () => undefined,
    load: async (id: string): Promise<never> => {
      throw new Error(`${id} is not installed`);
    },
  },
  faces: { detectIn: async () => ({ width: 1, height: 1, faces: [] }) },
};
const png = async (background: string) =>
  new Uint8Array(
    await sharp({ create: { width: 200, height: 100, channels: 3, background } })
      .png()
      .toBuffer(),
  );

describe('every source of labels', () => {
  it('tells only names that the label table has', async () => {
    const table = readLabelTable();
    for (const definition of labelSources) {
      const coverage = await definition.coverage(parts);
      expect(coverage?.labels.filter((name) => table.get(name) === undefined) ?? []).toEqual([]);
    }
    expect(table.get('Crowd')).toBeDefined();
  });
});

describe('confidences', () => {
  it('grow with the score, and back', () => {
    const curve = curveOf({ intercept: 2, slope: 3 });
    expect(curve.confidenceOf(0.5)).toBeCloseTo(100 / (1 + Math.exp(-2)), 6);
    for (const confidence of [5, 55, 90])
      expect(curve.confidenceOf(curve.scoreOf(confidence))).toBeCloseTo(confidence, 4);
    expect(() => readLabelCalibration('none')).toThrow('no curve for none');
    expect(readLabelCalibration('nanodet').confidenceOf(0.6)).toBeGreaterThan(90);
  });
});

describe('faces as labels', () => {
  const face = (confidence: number, attributes = {}) => ({ box, confidence, attributes });

  it('are one label with all of them, and what the surest of them wears or does', () => {
    const faces = [
      face(99, { smile: { value: true, confidence: 70 }, beard: { value: false, confidence: 99 } }),
      face(80, { smile: { value: true, confidence: 90 }, eyeglasses: { value: true, confidence: 60 } }),
    ];
    const labels = labelsOfFaces(faces, { minConfidence: 55 });
    expect(labels.map(({ name, confidence, instances }) => [name, confidence, instances.length])).toEqual([
      ['Face', 99, 2],
      ['Glasses', 60, 0],
      ['Smile', 90, 0],
    ]);
    expect(labelsOfFaces(faces, { minConfidence: 85, wanted: new Set(['Smile', 'Glasses']) })).toHaveLength(1);
  });

  it('are asked for no attribute that is not allowed or not wanted', async () => {
    const asked: string[][] = [];
    const source = await faceLabels.open({
      ...parts,
      faces: {
        detectIn: async (_, { attributes }) => {
          asked.push([...attributes]);
          return { width: 1, height: 1, faces: [] };
        },
      },
    });
    const raster = pyramidOf({ width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) });
    await source.look(raster, { minConfidence: 0, attributes: new Set(['smile', 'beard', 'gender']) }, never);
    await source.look(
      raster,
      { minConfidence: 0, attributes: new Set(['smile', 'beard']), wanted: new Set(['Beard']) },
      never,
    );
    expect(asked).toEqual([['beard', 'smile'], ['beard']]);
  });
});

describe('a crowd', () => {
  const people = (count: number): RawLabel => ({
    name: 'Person',
    confidence: 99,
    instances: Array.from({ length: count }, (_, i) => ({ box, confidence: 99 - i })),
    source: 'nanodet',
  });

  it('is ten people, as sure as the tenth surest', () => {
    expect(crowdOf([people(9)])).toBeUndefined();
    expect(crowdOf([people(12)])).toMatchObject({ name: 'Crowd', confidence: 90 });
  });
});

describe('colours', () => {
  it('go to Lab and back, and have the names of CSS', () => {
    for (const rgb of [
      [0, 0, 0],
      [255, 255, 255],
      [70, 130, 180],
      [250, 3, 90],
    ] as const) {
      const [red, green, blue] = rgb;
      expect(rgbOfLab(labOf(red, green, blue))).toEqual(rgb);
    }
    expect(labOf(255, 0, 0).map(Math.round)).toEqual([53, 80, 67]);
    const nameOf = colourNamer();
    expect(nameOf(70, 130, 180)).toEqual({ hex: '#4682b4', css: 'steelblue', simple: 'blue' });
    expect(nameOf(1, 1, 2)).toMatchObject({ css: 'black', simple: 'black' });
  });

  it('that dominate are found with their share, most first, the same each time', () => {
    const pixels = new Float32Array(300);
    for (let i = 0; i < 100; i++) pixels.set(i < 60 ? [255, 0, 0] : i < 90 ? [0, 0, 255] : [0, 250, 0], 3 * i);
    const found = dominantColours(pixels, 10);
    expect(found.map(({ pixelPercent }) => Math.round(pixelPercent))).toEqual([60, 30, 10]);
    expect(found[0]).toMatchObject({ red: 255, green: 0, blue: 0 });
    expect(dominantColours(pixels, 10)).toEqual(found);
    expect(dominantColours(pixels, 2)).toHaveLength(2);
    expect([dominantColours(pixels, 0), dominantColours(new Float32Array(), 5)]).toEqual([[], []]);
  });

  it('near to each other are one', () => {
    const pixels = new Float32Array(300);
    for (let i = 0; i < 100; i++) pixels.set(i % 2 ? [120, 120, 120] : [124, 124, 124], 3 * i);
    expect(dominantColours(pixels, 10)).toHaveLength(1);
  });
});

describe('the look of an image', () => {
  /** Grey, with a white square in the middle quarter and, there, fine stripes when `isFine`. */
  const picture = (isFine: boolean) => {
    const data = new Uint8Array(200 * 200 * 3).fill(60);
    for (let y = 50; y < 150; y++)
      for (let x = 50; x < 150; x++) data.fill(isFine && x % 2 ? 0 : 240, (y * 200 + x) * 3, (y * 200 + x) * 3 + 3);
    return pyramidOf({ width: 200, height: 200, data });
  };

  it('takes the middle for the foreground where nothing was found, and the objects where something was', () => {
    const middle = lookOf(picture(false), [], 4);
    expect(middle.foreground?.quality.brightness).toBeGreaterThan(85);
    expect(middle.background?.quality.brightness).toBeCloseTo(23.5, 0);
    const corner = lookOf(picture(false), [{ left: 0, top: 0, width: 0.2, height: 0.2 }], 4);
    expect(corner.foreground?.quality.brightness).toBeCloseTo(23.5, 0);
    expect(lookOf(picture(false), [{ left: 0, top: 0, width: 1, height: 1 }], 4).background).toBeUndefined();
  });

  it('is sharper where there is fine detail, and flat where there is none', () => {
    const [fine, plain] = [lookOf(picture(true), [], 4), lookOf(picture(false), [], 4)];
    expect(fine.image.quality.sharpness).toBeGreaterThan(plain.image.quality.sharpness);
    expect(fine.foreground?.quality.contrast).toBeGreaterThan(80);
    expect(plain.background?.quality.contrast).toBeLessThan(5);
  });
});

describe('the engine of labels', () => {
  const looks: LookOptions[] = [];
  const source = (id: string, name: string, more: Partial<LabelSourceDefinition> = {}): LabelSourceDefinition => ({
    id,
    version: '1',
    side: 64,
    ...more,
    coverage: async () => ({ source: id, version: '1', operation: 'DetectLabels', labels: [name], notCovered: '' }),
    open: async () => ({
      look: async (_, options) => {
        looks.push(options);
        return [
          {
            name,
            confidence: 70,
            instances: [
              { box, confidence: 70 },
              { box, confidence: 40 },
            ],
            source: id,
          },
        ];
      },
      close: async () => {},
    }),
  });
  const detect = async (
    sources: readonly LabelSourceDefinition[],
    options: Partial<LookOptions> & { colours?: number },
  ) =>
    createLabelEngine({ ...parts, sources }).detectLabels(
      { bytes: await png('#336699') },
      { minConfidence: 55, attributes: new Set(), ...options },
      never,
    );

  it('asks every source that has something to tell, and leaves out what is less sure', async () => {
    const both = [source('a', 'Dog'), source('b', 'Car')];
    const all = await detect(both, {});
    expect(all.labels.map(({ name, instances }) => [name, instances.length])).toEqual([
      ['Dog', 1],
      ['Car', 1],
    ]);
    expect((await detect(both, { wanted: new Set(['Car']) })).sources).toEqual([{ id: 'b', version: '1' }]);
    expect((await detect(both, { minConfidence: 80 })).labels).toEqual([]);
    expect((await detect(both, { wanted: new Set() })).sources).toEqual([]);
  });

  it('lets a better source stand for the one that it replaces', async () => {
    const found = await detect([source('a', 'Dog'), source('b', 'Dog', { replaces: 'a' })], {});
    expect(found.sources.map(({ id }) => id)).toEqual(['b']);
  });

  it('finds the foreground for colours, also where no label is wanted', async () => {
    const found = await detect([source('a', 'Dog', { findsObjects: true }), source('b', 'Car')], {
      wanted: new Set(),
      colours: 3,
    });
    expect(found.labels).toEqual([]);
    expect(found.sources.map(({ id }) => id)).toEqual(['a']);
    expect(found.look?.image.colours).toEqual([{ red: 51, green: 102, blue: 153, pixelPercent: 100 }]);
  });

  it('says what is wrong with an image', async () => {
    const engine = createLabelEngine({ ...parts, sources: [] });
    const options = { minConfidence: 0, attributes: new Set<never>() };
    await expect(engine.detectLabels({ bytes: new Uint8Array(9) }, options, never)).rejects.toMatchObject({
      fault: 'unrecognised',
    });
    const long = { bytes: await png('#000'), sides: { maxSide: 150 } };
    await expect(engine.detectLabels(long, options, never)).rejects.toMatchObject({ fault: 'too-many-pixels' });
  });
});
