import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  DetectLabelsCommand,
  type DetectLabelsCommandInput,
  type DetectLabelsCommandOutput,
  type RekognitionClient,
} from '@aws-sdk/client-rekognition';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { blankImage, frontalFaces, smallSample } from './photos.ts';
import { discard, type Server, startServer } from './server.ts';
import { send } from './wire.ts';

let server: Server;
let client: RekognitionClient;
let photo: Uint8Array;

beforeAll(async () => {
  server = await startServer({ env: { LIKENESS_WORKERS: '1' } });
  client = server.client();
  photo = await smallSample(6);
});
afterAll(() => discard(server));

type Ask = Partial<Omit<DetectLabelsCommandInput, 'Image'>>;
type General = NonNullable<NonNullable<Ask['Settings']>['GeneralLabels']>;

const detect = (Bytes: Uint8Array, ask: Ask = {}): Promise<DetectLabelsCommandOutput> =>
  client.send(new DetectLabelsCommand({ Image: { Bytes }, ...ask }));
const labelsOf = async (Bytes: Uint8Array, ask: Ask = {}) => (await detect(Bytes, ask)).Labels ?? [];
const namesOf = async (GeneralLabels: General) =>
  (await labelsOf(photo, { Settings: { GeneralLabels } })).map(({ Name }) => Name);

describe('DetectLabels', () => {
  it('finds the people of a photo with their faces, the surest first, and says which models answered', async () => {
    const { Labels = [], LabelModelVersion, ImageProperties, ...others } = await detect(photo);
    const byName = new Map(Labels.map((label) => [label.Name, label]));
    expect(byName.get('Face')?.Instances).toHaveLength(frontalFaces[6]);
    // the net sees one of the four as a part of another
    expect(byName.get('Person')?.Instances?.length).toBeGreaterThanOrEqual(frontalFaces[6] - 1);
    const confidences = Labels.map(({ Confidence = 0 }) => Confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    expect(Math.min(...confidences)).toBeGreaterThanOrEqual(55);
    expect(LabelModelVersion).toMatch(/^nanodet-1\+faces-1$/);
    expect(ImageProperties).toBeUndefined();
    expect(Object.keys(others)).toEqual(['$metadata']);
  });

  it('tells of every label its objects within the image, ancestors, aliases and categories', async () => {
    const labels = await labelsOf(photo, { MinConfidence: 20 });
    const byName = new Map(labels.map((label) => [label.Name, label]));
    for (const label of labels) {
      expect(Object.keys(label).sort()).toEqual([
        'Aliases',
        'Categories',
        'Confidence',
        'Instances',
        'Name',
        'Parents',
      ]);
      expect(label.Categories?.length).toBeGreaterThan(0);
      for (const { Name } of label.Parents ?? []) {
        expect(byName.get(Name)?.Confidence ?? 0).toBeGreaterThanOrEqual(label.Confidence ?? 100);
      }
      for (const { BoundingBox: box, Confidence = 0 } of label.Instances ?? []) {
        const { Left = -1, Top = -1, Width = 9, Height = 9 } = box ?? {};
        for (const value of [Left, Top, Width, Height]) expect(value).toBeGreaterThanOrEqual(0);
        expect(Left + Width).toBeLessThanOrEqual(1 + 1e-6);
        expect(Top + Height).toBeLessThanOrEqual(1 + 1e-6);
        expect(Confidence).toBeGreaterThanOrEqual(20);
      }
    }
    expect(byName.get('Face')?.Parents).toContainEqual({ Name: 'Person' });
    expect(byName.get('Person')?.Aliases).toContainEqual({ Name: 'Human' });
    expect(byName.get('Person')?.Categories).toContainEqual({ Name: 'Person Description' });
  });

  it('includes labels by their exact names, and nothing else', async () => {
    expect(await namesOf({ LabelInclusionFilters: ['Person'] })).toEqual(['Person']);
    expect(await namesOf({ LabelInclusionFilters: ['person', 'Human'] })).toEqual([]);
    expect((await namesOf({ LabelInclusionFilters: ['Person', 'Face'] })).sort()).toEqual(['Face', 'Person']);
  });

  it('leaves out labels and categories, also of those that are included', async () => {
    expect(await namesOf({ LabelExclusionFilters: ['Person'] })).not.toContain('Person');
    expect(await namesOf({ LabelCategoryInclusionFilters: ['Person Description'] })).toContain('Face');
    expect(await namesOf({ LabelCategoryInclusionFilters: ['Vehicles and Automotive'] })).toEqual([]);
    expect(await namesOf({ LabelCategoryExclusionFilters: ['Person Description'] })).not.toContain('Face');
    const both = await namesOf({
      LabelCategoryInclusionFilters: ['Person Description'],
      LabelExclusionFilters: ['Face'],
    });
    expect(both).toContain('Person');
    expect(both).not.toContain('Face');
  });

  it('runs the nets that the filters leave something to tell, and no others', async () => {
    const { LabelModelVersion } = await detect(photo, {
      Settings: { GeneralLabels: { LabelInclusionFilters: ['Car'] } },
    });
    expect(LabelModelVersion).toBe('nanodet-1');
  });

  it('tells the surest of as many labels as are asked for', async () => {
    const all = await labelsOf(photo);
    expect(await labelsOf(photo, { MaxLabels: 2 })).toEqual(all.slice(0, 2));
    expect(await labelsOf(photo, { MaxLabels: 4000 })).toEqual(all);
    expect((await labelsOf(photo, { MinConfidence: 90 })).map(({ Name }) => Name)).toEqual(
      all.filter(({ Confidence = 0 }) => Confidence >= 90).map(({ Name }) => Name),
    );
  });

  it('answers an image that shows nothing with an empty list', async () => {
    expect(await labelsOf(await blankImage())).toEqual([]);
  });
});

describe('IMAGE_PROPERTIES', () => {
  it('tells colours of a flag by their names, and no label', async () => {
    const stripes = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#ff0000' } })
      .composite([
        { input: { create: { width: 400, height: 120, channels: 3, background: '#0000ff' } }, top: 0, left: 0 },
      ])
      .png()
      .toBuffer();
    const { Labels, ImageProperties } = await detect(new Uint8Array(stripes), { Features: ['IMAGE_PROPERTIES'] });
    expect(Labels).toEqual([]);
    const [red, blue, ...others] = ImageProperties?.DominantColors ?? [];
    expect(red).toMatchObject({ HexCode: '#ff0000', CSSColor: 'red', SimplifiedColor: 'red', Red: 255, Green: 0 });
    expect(blue).toMatchObject({ HexCode: '#0000ff', CSSColor: 'blue', SimplifiedColor: 'blue', Blue: 255, Red: 0 });
    // the row of pixels on the border is a third colour
    expect(Math.abs((red?.PixelPercent ?? 0) - 60)).toBeLessThan(2);
    expect(Math.abs((blue?.PixelPercent ?? 0) - 40)).toBeLessThan(2);
    expect(others.length).toBeLessThanOrEqual(1);
  });

  it('tells quality of the image, its foreground and its background, 0 to 100', async () => {
    const { ImageProperties } = await detect(photo, { Features: ['IMAGE_PROPERTIES'] });
    const parts = [ImageProperties, ImageProperties?.Foreground, ImageProperties?.Background];
    for (const part of parts) {
      expect(part?.DominantColors?.length).toBeGreaterThan(0);
      expect(part?.DominantColors?.length).toBeLessThanOrEqual(10);
      const percents = part?.DominantColors?.map(({ PixelPercent = 0 }) => PixelPercent) ?? [];
      expect(percents).toEqual([...percents].sort((a, b) => b - a));
      expect(percents.reduce((sum, one) => sum + one, 0)).toBeCloseTo(100, 3);
      const { Brightness = -1, Sharpness = -1, Contrast = -1 } = part?.Quality ?? {};
      for (const value of [Brightness, Sharpness, Contrast]) {
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThanOrEqual(100);
      }
    }
  });

  it('tells at most as many colours as are asked for, also none, and of each object beside labels', async () => {
    const { Labels, ImageProperties } = await detect(photo, {
      Features: ['GENERAL_LABELS', 'IMAGE_PROPERTIES'],
      Settings: { ImageProperties: { MaxDominantColors: 2 }, GeneralLabels: { LabelInclusionFilters: ['Person'] } },
    });
    expect(ImageProperties?.DominantColors?.length).toBeLessThanOrEqual(2);
    const [person] = Labels?.[0]?.Instances ?? [];
    expect(person?.DominantColors?.length).toBeGreaterThan(0);
    expect(person?.DominantColors?.length).toBeLessThanOrEqual(2);
    const none = await detect(photo, {
      Features: ['IMAGE_PROPERTIES'],
      Settings: { ImageProperties: { MaxDominantColors: 0 } },
    });
    expect(none.ImageProperties?.DominantColors).toEqual([]);
  });
});

describe('what DetectLabels refuses', () => {
  it.each<[string, Ask, string]>([
    ['a feature that there is not', { Features: ['FACES' as 'GENERAL_LABELS'] }, 'features'],
    ['a confidence above 100', { MinConfidence: 101 }, 'minConfidence'],
    ['fewer than no labels', { MaxLabels: -1 }, 'maxLabels'],
    ['too many colours', { Settings: { ImageProperties: { MaxDominantColors: 21 } } }, 'maxDominantColors'],
    [
      'a filter of strange signs',
      { Settings: { GeneralLabels: { LabelInclusionFilters: ['{Dog}'] } } },
      'labelInclusionFilters',
    ],
    [
      'a filter of 101 names',
      { Settings: { GeneralLabels: { LabelCategoryExclusionFilters: Array(101).fill('Sports') } } },
      'labelCategoryExclusionFilters',
    ],
  ])('is %s', async (_, ask, member) => {
    const failure = await detect(photo, ask).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'ValidationException' });
    expect((failure as Error).message).toContain(member);
  });

  it('is an image that is missing, none, or more than 10,000 pixels long', async () => {
    await expectFailure(
      client.send(new DetectLabelsCommand({ Image: undefined })),
      'ValidationException',
      "1 validation error detected: Value null at 'image' failed to satisfy constraint: Member must not be null",
    );
    await expectFailure(client.send(new DetectLabelsCommand({ Image: {} })), 'InvalidParameterException');
    await expectFailure(detect(new TextEncoder().encode('no image')), 'InvalidImageFormatException');
    const long = await sharp({ create: { width: 10_001, height: 100, channels: 3, background: '#888' } })
      .png()
      .toBuffer();
    await expectFailure(detect(new Uint8Array(long)), 'ImageTooLargeException');
  });
});

describe('ListLabels', () => {
  it('says which labels the installed models can return, and what they cannot', async () => {
    const { status, json } = await send(server, { method: 'GET', path: '/likeness/v1/labels', query: {} });
    expect(status).toBe(200);
    const bySource = new Map<string, { operation: string; labels: string[]; notCovered: string }>(
      json.sources.map((source: { source: string }) => [source.source, source]),
    );
    expect(bySource.get('nanodet')?.labels).toHaveLength(80);
    expect(bySource.get('faces')?.labels).toContain('Glasses');
    expect(bySource.get('moderation')).toMatchObject({
      operation: 'DetectModerationLabels',
      labels: ['Explicit', 'Non-Explicit Nudity of Intimate parts and Kissing'],
    });
    for (const { notCovered } of bySource.values()) expect(notCovered).not.toBe('');
  });
});

const scenes = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared', 'data', 'scenes');
describe.skipIf(!existsSync(scenes))('on photos of ../shared/data/scenes (absent: skipped)', () => {
  it.each([
    ['000000215245.jpg', 'Zebra', ['Mammal', 'Animal']],
    ['000000559707.jpg', 'Broccoli', ['Vegetable', 'Food']],
    ['000000373353.jpg', 'Bus', ['Vehicle']],
  ])('%s shows a %s with its ancestors as labels', async (file, name, ancestors) => {
    const labels = await labelsOf(readFileSync(join(scenes, file)));
    const found = labels.find(({ Name }) => Name === name);
    expect(found?.Instances?.length).toBeGreaterThan(0);
    const parents = found?.Parents?.map(({ Name }) => Name);
    expect(parents).toEqual(expect.arrayContaining(ancestors));
    expect(labels.map(({ Name }) => Name)).toEqual(expect.arrayContaining(ancestors));
  });
});
