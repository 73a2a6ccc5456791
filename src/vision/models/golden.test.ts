import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  describeOutput,
  GOLDEN_SEEDS,
  goldenImage,
  type OutputDescription,
  prepareInput,
} from '../../../scripts/model-golden-input.ts';
import { openTestModels, testModelsDir } from '../../../tests/setup/models.ts';
import { type ModelStore, readManifest } from './index.ts';

interface Golden {
  readonly height: number;
  readonly width: number;
  readonly pictures: readonly { readonly seed: number; readonly outputs: Record<string, OutputDescription> }[];
}

/** Relative to the largest magnitude of the output: float32 sums in another order differ by about 1e-6. */
const TOLERANCE = 2e-5;

/** Below this a probability is judged absolutely: far down a sigmoid every bit of the logit counts. */
const SMALLEST_SCALE = 0.05;

const goldenOf = (id: string): Golden =>
  JSON.parse(readFileSync(new URL(`./golden/${id}.json`, import.meta.url), 'utf8')) as Golden;

describe('a converted model', () => {
  let store: ModelStore;
  beforeAll(async () => {
    store = await openTestModels();
  });

  // One that is ONNX already is its own original: its signature is held to the manifest, and what folding made to it.
  const [taken, converted] = [true, false].map((asItIs) =>
    readManifest().models.flatMap(({ id, conversion }) => ((conversion.kind === 'onnx') === asItIs ? [id] : [])),
  );

  it.each(taken ?? [])('%s takes and gives what the manifest says, and answers as the file it came as', async (id) => {
    const { entry, bytes } = await store.load(id);
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    expect(session.inputNames).toEqual([entry.input.name]);
    expect(session.outputNames).toEqual(entry.outputs.map(({ name }) => name));
    const dims = entry.input.shape.map((dimension) => (dimension === 'N' ? 1 : dimension));
    const sizes = dims.map((dimension) => (typeof dimension === 'number' ? dimension : 64));
    const length = sizes.reduce((product, size) => product * size);
    const input = Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7) + Math.cos(i * 0.013));
    const feeds = { [entry.input.name]: new Tensor('float32', input, sizes) };
    const results = await session.run(feeds);
    await session.release();
    const [file] = entry.files;
    const source = join(testModelsDir(), 'sources', `${file?.sha256.slice(0, 16)}-${basename(file?.path ?? '')}`);
    const original = await InferenceSession.create(readFileSync(source), { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const expected = await original.run(feeds);
    await original.release();
    for (const { name } of entry.outputs) {
      const values = expected[name]!.data as Float32Array;
      const differences = (results[name]!.data as Float32Array).map((value, i) => Math.abs(value - values[i]!));
      expect(
        differences.reduce((most, difference) => Math.max(most, difference), 0),
        name,
      ).toBeLessThan(TOLERANCE);
    }
    for (const { name, shape } of entry.outputs) {
      expect(results[name]?.dims).toHaveLength(shape.length);
      for (const [axis, size] of shape.entries())
        if (typeof size === 'number') expect(results[name]?.dims[axis]).toBe(size);
    }
  });

  it.each(converted ?? [])('%s answers as its original, two pictures in one batch', async (id) => {
    const { entry, bytes } = await store.load(id);
    const { height, width, pictures } = goldenOf(id);
    const inputs = GOLDEN_SEEDS.map((seed) => prepareInput(goldenImage(seed, height, width), entry.input));
    const size = inputs[0]!.length;
    const batch = new Float32Array(size * inputs.length);
    for (const [index, input] of inputs.entries()) batch.set(input, index * size);

    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    expect(session.inputNames).toEqual([entry.input.name]);
    expect([...session.outputNames].sort()).toEqual(entry.outputs.map(({ name }) => name).sort());
    const dims = [inputs.length, height, width, size / (height * width)];
    const results = await session.run({ [entry.input.name]: new Tensor('float32', batch, dims) });
    await session.release();

    for (const { name, shape } of entry.outputs) {
      const result = results[name]!;
      const fixed = shape.map((dimension, axis) => (typeof dimension === 'number' ? dimension : result.dims[axis]));
      expect(result.dims).toEqual(fixed);
      const values = result.data as Float32Array;
      const perPicture = values.length / inputs.length;
      for (const [index, picture] of pictures.entries()) {
        const expected = picture.outputs[name]!;
        const actual = describeOutput(values.subarray(index * perPicture, (index + 1) * perPicture));
        const scale = Math.max(Math.abs(expected.smallest), Math.abs(expected.largest), SMALLEST_SCALE);
        const differences = [
          actual.mean - expected.mean,
          (actual.norm - expected.norm) / Math.sqrt(expected.length),
          actual.smallest - expected.smallest,
          actual.largest - expected.largest,
          ...expected.sample.map((value, place) => actual.sample[place]! - value),
        ];
        expect(actual.length).toBe(expected.length);
        expect(Math.max(...differences.map(Math.abs)) / scale, `${id} ${name} seed ${picture.seed}`).toBeLessThan(
          TOLERANCE,
        );
      }
    }
  });

  it('has the bytes that the manifest pins, whatever machine converted it', async () => {
    const statuses = await store.list();
    expect(statuses.map(({ entry, state }) => `${entry.id} ${state}`)).toEqual(
      store.manifest.models.map(({ id }) => `${id} ready`),
    );
  });
});
