import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  DetectProtectiveEquipmentCommand,
  type ProtectiveEquipmentSummarizationAttributes,
  type RekognitionClient,
} from '@aws-sdk/client-rekognition';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { modelsFolderOfItsOwn, placePack } from './packs.ts';
import { discard, runLikeness, type Server, startServer } from './server.ts';
import { tinyOnnx } from './tiny-onnx.ts';

const side = 64;
const classes = ['PERSON', 'HEAD', 'HEAD_COVER', 'COVERED_FACE', 'HAND', null];
/** Centre, size and class of each box, pixels of the input; and how sure a white image makes the net of it. */
const boxes: readonly (readonly [x: number, y: number, width: number, height: number, index: number, score: number])[] =
  [
    [16, 32, 24, 60, 0, 0.9],
    [16, 8, 10, 10, 1, 0.8],
    [16, 6, 10, 8, 2, 0.85],
    [48, 32, 20, 60, 0, 0.7],
    [48, 8, 10, 10, 1, 0.75],
    [48, 10, 8, 6, 3, 0.6],
    [40, 40, 4, 4, 4, 0.45],
    [32, 32, 60, 60, 5, 0.99],
  ];

/** A detector as YOLOv8 exports it, which sees the boxes in a white image and nothing in a black one. */
function tinyDetector(): Uint8Array {
  const fields = 4 + classes.length;
  const field = (row: number, box: (typeof boxes)[number]) => (row - 4 === box[4] ? box[5] : 0);
  const rows = Array.from({ length: fields }, (_, row) => row);
  return tinyOnnx({
    input: [1, 3, side, side],
    output: [1, fields, boxes.length],
    base: rows.flatMap((row) => boxes.map((box) => (row < 4 ? (box[row] ?? 0) : 0))),
    gain: rows.flatMap((row) => boxes.map((box) => (row < 4 ? 0 : field(row, box)))),
  });
}
const classMap = JSON.stringify({ input: { width: side, height: side }, output: 'yolov8', classes });

const plain = (colour: string, width = 200, height = 200): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();

const modelsDir = modelsFolderOfItsOwn();
const env = { LIKENESS_MODELS_DIR: modelsDir };
let server: Server;
let client: RekognitionClient;
let white: Uint8Array;

beforeAll(async () => {
  placePack(modelsDir, 'equipment', { 'equipment.onnx': tinyDetector(), 'classes.json': classMap });
  server = await startServer({ env });
  client = server.client();
  white = await plain('#fff');
});
afterAll(async () => {
  await discard(server);
  rmSync(modelsDir, { recursive: true, force: true });
});

const detect = (
  Bytes: Uint8Array,
  SummarizationAttributes?: ProtectiveEquipmentSummarizationAttributes,
  using: RekognitionClient = client,
) =>
  using.send(
    new DetectProtectiveEquipmentCommand({
      Image: { Bytes },
      ...(SummarizationAttributes && { SummarizationAttributes }),
    }),
  );

describe('DetectProtectiveEquipment without a model', () => {
  it('names the pack to install, and never answers with an empty list', async () => {
    const bare = modelsFolderOfItsOwn();
    const without = await startServer({ env: { LIKENESS_MODELS_DIR: bare } });
    try {
      await expectFailure(
        detect(white, undefined, without.client()),
        'InvalidParameterException',
        /likeness models pull equipment/,
      );
    } finally {
      await discard(without);
      rmSync(bare, { recursive: true, force: true });
    }
  });
});

describe('DetectProtectiveEquipment', () => {
  it('tells persons, largest first, with body parts and what covers them', async () => {
    const answer = await detect(white);
    expect(answer.ProtectiveEquipmentModelVersion).toMatch(/^\d+(\.\d+)+$/);
    expect(answer).not.toHaveProperty('Summary');
    const [first, second, ...others] = answer.Persons ?? [];
    expect(others).toEqual([]);
    expect([first?.Id, second?.Id]).toEqual([0, 1]);
    expect(first?.Confidence).toBeCloseTo(90, 3);
    expect(first?.BoundingBox?.Left).toBeCloseTo(4 / 64, 5);
    expect(first?.BoundingBox?.Width).toBeCloseTo(24 / 64, 5);
    expect(first?.BodyParts?.map(({ Name }) => Name)).toEqual(['HEAD']);
    const [head] = first?.BodyParts ?? [];
    expect(head?.Confidence).toBeCloseTo(80, 3);
    expect(head?.EquipmentDetections).toHaveLength(1);
    const [helmet] = head?.EquipmentDetections ?? [];
    expect(helmet).toMatchObject({ Type: 'HEAD_COVER', CoversBodyPart: { Value: true } });
    expect(helmet?.Confidence).toBeCloseTo(85, 3);
    expect(helmet?.BoundingBox?.Top).toBeCloseTo(2 / 64, 5);
    expect(helmet?.CoversBodyPart?.Confidence).toBeGreaterThanOrEqual(50);
    expect(second?.BodyParts?.map(({ Name, EquipmentDetections = [] }) => [Name, EquipmentDetections.length])).toEqual([
      ['FACE', 1],
      ['HEAD', 0],
    ]);
  });

  it('tells nothing of which it is less than half sure: an image half as bright has no one in it', async () => {
    const { Persons } = await detect(await plain('#808080'));
    expect(Persons).toEqual([]);
    const bright = await detect(await plain('#e8e8e8'));
    expect(bright.Persons?.map(({ BodyParts = [] }) => BodyParts.map(({ Name }) => Name))).toEqual([
      ['HEAD'],
      ['FACE', 'HEAD'],
    ]);
  });

  it('sums up who wears what is required: each person stands in one list', async () => {
    const summary = async (
      MinConfidence: number,
      ...RequiredEquipmentTypes: ('HEAD_COVER' | 'FACE_COVER' | 'HAND_COVER')[]
    ) => Object.values((await detect(white, { MinConfidence, RequiredEquipmentTypes })).Summary ?? {});
    expect(await summary(60, 'HEAD_COVER')).toEqual([[0], [1], []]);
    expect(await summary(60, 'FACE_COVER')).toEqual([[1], [], [0]]);
    expect(await summary(80, 'HEAD_COVER')).toEqual([[0], [], [1]]);
    expect(await summary(95, 'HEAD_COVER')).toEqual([[], [], [0, 1]]);
    expect(await summary(50, 'HEAD_COVER', 'FACE_COVER')).toEqual([[], [1], [0]]);
  });

  it('leaves everyone open where the model cannot tell what is required, instead of saying that they lack it', async () => {
    const { Persons, Summary } = await detect(white, { MinConfidence: 50, RequiredEquipmentTypes: ['HAND_COVER'] });
    expect(Summary).toEqual({
      PersonsWithRequiredEquipment: [],
      PersonsWithoutRequiredEquipment: [],
      PersonsIndeterminate: [0, 1],
    });
    expect(Persons).toHaveLength(2);
  });

  it('takes a least confidence below 50 as 50, and needs one for a summary', async () => {
    const low = await detect(white, { MinConfidence: 0, RequiredEquipmentTypes: ['HEAD_COVER'] });
    const half = await detect(white, { MinConfidence: 50, RequiredEquipmentTypes: ['HEAD_COVER'] });
    expect(low.Summary).toEqual(half.Summary);
    await expectFailure(
      detect(white, { MinConfidence: undefined, RequiredEquipmentTypes: ['HEAD_COVER'] }),
      'ValidationException',
      /minConfidence/,
    );
    await expectFailure(
      detect(white, { MinConfidence: 80, RequiredEquipmentTypes: undefined }),
      'ValidationException',
      /requiredEquipmentTypes/,
    );
    await expectFailure(
      detect(white, { MinConfidence: 101, RequiredEquipmentTypes: ['HEAD_COVER'] }),
      'ValidationException',
    );
  });

  it('takes images of 64 to 4096 pixels a side, and 4 MB in a request', async () => {
    await detect(await plain('#fff', 64, 4096));
    await expectFailure(detect(await plain('#fff', 63, 200)), 'InvalidParameterException');
    await expectFailure(detect(await plain('#fff', 64, 4097)), 'ImageTooLargeException', /4096 on a side/);
    const padded = (length: number) => Buffer.concat([white, Buffer.alloc(length - white.length)]);
    await detect(padded(4_194_304));
    await expectFailure(detect(padded(4_194_305)), 'ImageTooLargeException', 'Image size is too large.');
  });

  it('counts persons in the audit log, and nothing of what they wear', async () => {
    const { stdout } = await likeness('audit', 'show', '--operation', 'DetectProtectiveEquipment', '--json');
    expect(stdout).toMatch(/"personsFound": ?2\b/);
    expect(stdout).not.toMatch(/HEAD_COVER/);
  });

  it('is told on the command line, as a table and as JSON, and drawn on a copy of the image', async () => {
    const image = join(server.dataDir, 'white.png');
    const drawn = join(server.dataDir, 'drawn.png');
    await sharp(white).toFile(image);
    const table = await likeness('detect-equipment', image, '--required', 'HEAD_COVER', '--draw', drawn);
    expect({ exitCode: table.exitCode, stderr: table.stderr }).toMatchObject({ exitCode: 0 });
    expect(table.stdout).toMatch(/^ *0 .*HEAD_COVER 85 \(covered \d+\) +with *$/m);
    const pixels = await sharp(drawn).removeAlpha().raw().toBuffer();
    expect(pixels.every((value) => value === 255)).toBe(false);
    const json = await likeness('detect-equipment', image, '--json');
    expect(JSON.parse(json.stdout).Persons).toHaveLength(2);
  });
});

/** Runs a command against the started server, as a user beside it would. */
function likeness(...args: string[]) {
  return runLikeness(server.dataDir, args, { ...env, LIKENESS_PORT: new URL(server.url).port });
}
