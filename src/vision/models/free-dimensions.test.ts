import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { freeDimensions } from './free-dimensions.ts';
import { createOnnxGraph } from './onnx-writer.ts';

/** Adds one to every number of `[1, 2]`. */
function fixedModel(): Uint8Array {
  const graph = createOnnxGraph('fixed');
  graph.output(graph.node('Add', [graph.input('x', [1, 2]), graph.floats([1])], {}, 'y'), [1, 2]);
  return graph.serialise();
}

const run = async (model: Uint8Array, values: readonly number[]) => {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(values), [1, values.length]) });
  return [...(y!.data as Float32Array)];
};

describe('freeing the dimensions of a model', () => {
  const freed = freeDimensions(fixedModel(), { inputs: { 1: 'n' }, outputs: { 1: 'n' } });

  it('lets it take other sizes than it was written for', async () => {
    await expect(run(fixedModel(), [1, 2, 3])).rejects.toThrow();
    expect(await run(freed, [1, 2, 3])).toEqual([2, 3, 4]);
  });

  it('leaves alone what is not named', async () => {
    expect(Buffer.from(freeDimensions(fixedModel(), { inputs: {}, outputs: {} }))).toEqual(Buffer.from(fixedModel()));
  });

  it('refuses what is cut off or no model', () => {
    const names = { inputs: {}, outputs: {} };
    expect(() => freeDimensions(fixedModel().subarray(0, 40), names)).toThrow(RangeError);
    expect(() => freeDimensions(Uint8Array.of(0xff, 0xff, 0xff), names)).toThrow(RangeError);
    expect(() => freeDimensions(new Uint8Array(20).fill(0x0f), names)).toThrow(RangeError);
  });
});
