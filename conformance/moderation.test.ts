import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  DetectModerationLabelsCommand,
  type DetectModerationLabelsCommandInput,
  type RekognitionClient,
} from '@aws-sdk/client-rekognition';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { modelsFolderOfItsOwn, placePack } from './packs.ts';
import { blankImage, smallSample } from './photos.ts';
import { discard, runLikeness, type Server, startServer } from './server.ts';
import { tinyOnnx } from './tiny-onnx.ts';

let server: Server;
let client: RekognitionClient;
let photo: Uint8Array;

beforeAll(async () => {
  server = await startServer();
  client = server.client();
  photo = await smallSample(6);
});
afterAll(() => discard(server));

const moderate = (Bytes: Uint8Array, rest: Partial<DetectModerationLabelsCommandInput> = {}) =>
  client.send(new DetectModerationLabelsCommand({ Image: { Bytes }, ...rest }));

/** Runs a command against the started server, as a user beside it would. */
const likeness = (...args: string[]) => runLikeness(server.dataDir, args, { LIKENESS_PORT: new URL(server.url).port });

/** A plain image with these sides. */
const plain = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#4a6' } })
    .jpeg()
    .toBuffer();

describe('DetectModerationLabels', () => {
  it('answers an ordinary photo with no label, and says which model of its own looked', async () => {
    const answer = await moderate(photo);
    expect(answer.ModerationLabels).toEqual([]);
    expect(answer.ContentTypes).toEqual([]);
    expect(answer.ModerationModelVersion).toMatch(/^\d+(\.\d+)+$/);
    expect(answer.ModerationModelVersion).not.toBe('7.0');
    expect(answer).not.toHaveProperty('ProjectVersion');
    expect(answer).not.toHaveProperty('HumanLoopActivationOutput');
  });

  it('tells the two labels that it can tell for the least confidence 0, with parent and level, surest first', async () => {
    const { ModerationLabels = [], ContentTypes = [] } = await moderate(photo, { MinConfidence: 0 });
    expect(ModerationLabels.map(({ Name }) => Name).sort()).toEqual([
      'Explicit',
      'Non-Explicit Nudity of Intimate parts and Kissing',
    ]);
    for (const { ParentName, TaxonomyLevel, Confidence } of ModerationLabels) {
      expect([ParentName, TaxonomyLevel]).toEqual(['', 1]);
      expect(Confidence).toBeGreaterThanOrEqual(0);
      expect(Confidence).toBeLessThan(50);
    }
    const confidences = ModerationLabels.map(({ Confidence = -1 }) => Confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    expect(ContentTypes.map(({ Name }) => Name)).toEqual(['Illustrated']);
  });

  it('leaves out what is below the least confidence, and nothing else', async () => {
    const { ModerationLabels: all = [] } = await moderate(photo, { MinConfidence: 0 });
    const [surest, other] = all.map(({ Confidence = -1 }) => Confidence);
    const between = ((surest ?? 0) + (other ?? 0)) / 2;
    expect((await moderate(photo, { MinConfidence: between })).ModerationLabels).toEqual(all.slice(0, 1));
    const above = Math.min(100, (surest ?? 0) + 0.01);
    expect((await moderate(photo, { MinConfidence: above })).ModerationLabels).toEqual([]);
  });

  it('looks at the picture as it is seen: EXIF orientation is undone first', async () => {
    const turned = sharp(photo).rotate(90);
    const [sideways, asSeen, upright] = await Promise.all([
      turned.clone().png().toBuffer(),
      turned.clone().png().withMetadata({ orientation: 8 }).toBuffer(),
      sharp(photo).png().toBuffer(),
    ]);
    const told = async (bytes: Uint8Array) => (await moderate(bytes, { MinConfidence: 0 })).ModerationLabels;
    expect(await told(asSeen)).toEqual(await told(upright));
    expect(await told(sideways)).not.toEqual(await told(upright));
  });

  it('takes images of 80 to 10,000 pixels a side', async () => {
    await moderate(await plain(10_000, 80));
    await expectFailure(moderate(await plain(10_001, 80)), 'ImageTooLargeException', /10000 on a side/);
    await expectFailure(moderate(await plain(200, 79)), 'InvalidParameterException');
  });

  it('refuses an adapter as one that does not exist, because none can', async () => {
    const ProjectVersion =
      'arn:aws:rekognition:us-east-1:123456789012:project/mine/version/mine.2026-01-01T00.00.00/1767225600000';
    await expectFailure(moderate(photo, { ProjectVersion }), 'ResourceNotFoundException', /does not exist/);
    await expectFailure(moderate(photo, { ProjectVersion: 'mine, of last week' }), 'ValidationException');
  });

  it('refuses a human loop, which it cannot start, instead of leaving it out in silence', async () => {
    const HumanLoopConfig = {
      HumanLoopName: 'mine',
      FlowDefinitionArn: 'arn:aws:sagemaker:us-east-1:123456789012:flow-definition/mine',
    };
    await expectFailure(moderate(photo, { HumanLoopConfig }), 'InvalidParameterException', /HumanLoopConfig/);
  });

  it('refuses what is no image, and confidences beyond 0 to 100', async () => {
    await expectFailure(moderate(Buffer.from('no image')), 'InvalidImageFormatException');
    await expectFailure(moderate(photo, { MinConfidence: 101 }), 'ValidationException');
    await expectFailure(
      client.send(new DetectModerationLabelsCommand({ Image: undefined })),
      'ValidationException',
      "1 validation error detected: Value null at 'image' failed to satisfy constraint: Member must not be null",
    );
  });

  it('counts in the audit log that it looked, and not what it saw', async () => {
    await moderate(await blankImage());
    const { stdout } = await likeness('audit', 'show', '--operation', 'DetectModerationLabels', '--json');
    expect(stdout).toMatch(/"imagesModerated": ?1\b/);
    expect(stdout).not.toMatch(/Explicit|Illustrated/);
  });

  it('is among the sources of labels, with what it cannot tell', async () => {
    const { stdout } = await likeness('models', 'labels');
    expect(stdout).toMatch(/moderation 1\.0, DetectModerationLabels: 2 labels/);
    expect(stdout).toContain('50 labels of the taxonomy');
  });

  it('is told on the command line, as a table and as JSON, and written on a copy of the image', async () => {
    const image = join(server.dataDir, 'photo.jpg');
    const drawn = join(server.dataDir, 'drawn.png');
    await sharp(photo).toFile(image);
    const table = await likeness('detect-moderation', image, '--draw', drawn);
    expect({ exitCode: table.exitCode, stdout: table.stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('no label of moderation'),
    });
    const [before, after] = await Promise.all([image, drawn].map((file) => sharp(file).metadata()));
    expect(after?.width).toBe(before?.width);
    expect(after?.height).toBeGreaterThan(before?.height ?? 0);
    const json = await likeness('detect-moderation', image, '--min-confidence', '0', '--json');
    expect(JSON.parse(json.stdout).ModerationLabels).toHaveLength(2);
  });
});

describe("DetectModerationLabels with an operator's model", () => {
  /** Sure of weapons and smoking in a white image, of neither in a black one. */
  const model = tinyOnnx({ input: [1, 3, 32, 32], output: [1, 3], base: [0, 0, 0], gain: [0.9, 0.6, 0.7] });
  const classes = ['Weapons', 'Smoking', 'Animated'];
  const map = JSON.stringify({ input: { width: 32, height: 32 }, output: 'probabilities', classes });

  it('tells what its class map names, with the labels above, beside what the default net tells', async () => {
    const modelsDir = modelsFolderOfItsOwn();
    placePack(modelsDir, 'moderation', { 'moderation.onnx': model, 'classes.json': map });
    const other = await startServer({ env: { LIKENESS_MODELS_DIR: modelsDir } });
    try {
      const ask = (colour: string, MinConfidence?: number) =>
        sharp({ create: { width: 100, height: 100, channels: 3, background: colour } })
          .png()
          .toBuffer()
          .then((Bytes) => other.client().send(new DetectModerationLabelsCommand({ Image: { Bytes }, MinConfidence })));
      const { ModerationLabels, ContentTypes, ModerationModelVersion } = await ask('#fff');
      expect(ModerationLabels?.map(({ Name, ParentName, TaxonomyLevel }) => [Name, ParentName, TaxonomyLevel])).toEqual(
        [
          ['Weapons', 'Violence', 2],
          ['Violence', '', 1],
          ['Smoking', 'Drugs & Tobacco Paraphernalia & Use', 3],
          ['Drugs & Tobacco Paraphernalia & Use', 'Drugs & Tobacco', 2],
          ['Drugs & Tobacco', '', 1],
        ],
      );
      expect(ModerationLabels?.[1]?.Confidence).toBeCloseTo(90, 3);
      expect(ContentTypes).toEqual([{ Name: 'Animated', Confidence: expect.closeTo(70, 3) }]);
      expect(ModerationModelVersion).toMatch(/^1\.0\.\d+$/);
      expect((await ask('#000')).ModerationLabels).toEqual([]);
      const names = (await ask('#000', 0)).ModerationLabels?.map(({ Name }) => Name);
      expect(names).toEqual(expect.arrayContaining(['Explicit', 'Weapons', 'Smoking']));
      expect((await moderate(photo)).ModerationModelVersion).toBe('1.0');
    } finally {
      await discard(other);
      rmSync(modelsDir, { recursive: true, force: true });
    }
  });
});
