import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placePack } from '../../../conformance/packs.ts';
import { tinyOnnx } from '../../../conformance/tiny-onnx.ts';
import { pyramidOf } from '../align/raster.ts';
import { ClassMapError } from '../brought/class-map.ts';
import { equipmentTrial, moderationTrial } from '../brought/try-model.ts';
import { openPackStore } from '../packs/index.ts';
import { moderationCoverage } from './coverage.ts';
import { labelsOf } from './default-net.ts';
import { openModerationModel } from './pack.ts';

const side = 32;
const white = pyramidOf({ width: 40, height: 20, data: new Uint8Array(40 * 20 * 3).fill(255) });
const classes = (output: string, names: readonly (string | null)[]) =>
  Buffer.from(JSON.stringify({ input: { width: side, height: side }, output, classes: names }));
/** A classifier that gives these numbers for a white picture, and zeros for a black one. */
const classifier = (...values: number[]) =>
  tinyOnnx({ input: [1, 3, side, side], output: [1, values.length], base: values.map(() => 0), gain: values });
const told = async (model: Uint8Array, map: Buffer) => {
  const opened = await openModerationModel(model, map);
  const found = await opened.look(white);
  await opened.close();
  return Object.fromEntries(
    [...found.labels, ...found.contentTypes].map(({ name, confidence }) => [name, Math.round(confidence)]),
  );
};

describe("an operator's model of moderation", () => {
  it('tells labels of the taxonomy by its class map: classes of one label are added where one of all is right', async () => {
    const map = classes('softmax', ['Weapons', 'Weapons', 'Animated', null]);
    const [p] = [2, 1, 1, 0].map(
      (_, i, all) => Math.exp(all[i]!) / all.reduce((sum, value) => sum + Math.exp(value), 0),
    );
    const second = Math.exp(1) / [2, 1, 1, 0].reduce((sum, value) => sum + Math.exp(value), 0);
    expect(await told(classifier(2, 1, 1, 0), map)).toEqual({
      Weapons: Math.round(100 * (p! + second)),
      Animated: Math.round(100 * second),
    });
  });

  it('counts the surest where classes are right by themselves', async () => {
    const map = classes('sigmoid', ['Smoking', 'Smoking']);
    expect(await told(classifier(0, Math.log(3)), map)).toEqual({ Smoking: 75 });
    expect(await told(classifier(0.3, 1.4), classes('probabilities', ['Pills', 'Gambling']))).toEqual({
      Pills: 30,
      Gambling: 100,
    });
  });

  it('may be a detector: a label is as sure as its surest box, and 0 where there is none', async () => {
    const fields = [16, 16, 8, 8, 0.8, 0];
    const detector = tinyOnnx({
      input: [1, 3, side, side],
      output: [1, 6, 1],
      base: fields.map((value, i) => (i < 4 ? value : 0)),
      gain: fields.map((value, i) => (i < 4 ? 0 : value)),
    });
    expect(await told(detector, classes('yolov8', ['Exposed Male Nipple', 'Bare Back']))).toEqual({
      'Exposed Male Nipple': 80,
      'Bare Back': 0,
    });
  });

  it('is refused when its class map names something else than the taxonomy, or does not fit the model', async () => {
    await expect(openModerationModel(classifier(1), classes('softmax', ['nsfw']))).rejects.toThrow(
      /"nsfw" is no class/,
    );
    await expect(told(classifier(1, 2), classes('softmax', ['Weapons']))).rejects.toThrow(/names 1 classes/);
  });

  it('is tried when it is pulled', async () => {
    const load = (files: Record<string, Uint8Array>) => async (file: string) => files[file] ?? new Uint8Array();
    const input = (files: Record<string, Uint8Array>) => ({
      load: load(files),
      onProgress: () => {},
      signal: new AbortController().signal,
    });
    const sound = { 'moderation.onnx': classifier(1), 'classes.json': classes('softmax', ['Weapons']) };
    expect((await moderationTrial.run(input(sound))).size).toBe(0);
    const unfit = { ...sound, 'classes.json': classes('softmax', ['Weapons', null]) };
    await expect(moderationTrial.run(input(unfit))).rejects.toBeInstanceOf(ClassMapError);
    const noPerson = { 'equipment.onnx': classifier(1), 'classes.json': classes('yolov8', ['HEAD']) };
    await expect(equipmentTrial.run(input(noPerson))).rejects.toThrow(/has to be PERSON/);
    const noBoxes = { 'equipment.onnx': classifier(1), 'classes.json': classes('yolov8', ['PERSON']) };
    await expect(equipmentTrial.run(input(noBoxes))).rejects.toThrow(/has to have 5 values/);
  });
});

describe('what moderation covers', () => {
  let modelsDir: string;
  beforeAll(async () => {
    modelsDir = await mkdtemp(join(tmpdir(), 'likeness-moderation-'));
  });
  afterAll(() => rm(modelsDir, { recursive: true }));

  it('is just what the default net tells, and with a pack what that tells too', async () => {
    const own = labelsOf({ drawing: 0.2, hentai: 0.2, neutral: 0.2, porn: 0.2, sexy: 0.2 });
    const [alone, ...others] = await moderationCoverage(openPackStore({ modelsDir }));
    expect(others).toEqual([]);
    expect(alone?.labels).toEqual(own.labels.map(({ name }) => name).sort());
    expect(alone?.notCovered).toMatch(/^50 labels of the taxonomy: .*violence.*hate symbols/);

    placePack(modelsDir, 'moderation', {
      'moderation.onnx': classifier(1, 2, 3),
      'classes.json': classes('sigmoid', ['Explicit', 'Weapons', null]),
    });
    const packs = openPackStore({ modelsDir });
    const [rest, brought] = await moderationCoverage(packs);
    expect(rest?.labels).toEqual(['Non-Explicit Nudity of Intimate parts and Kissing']);
    expect(brought?.labels).toEqual(['Explicit', 'Weapons']);
    expect(brought?.notCovered).toMatch(/^49 labels/);
    expect([rest?.source, brought?.source]).toEqual(['moderation', 'moderation-pack']);
  });
});
