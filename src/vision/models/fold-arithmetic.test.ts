import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { foldArithmetic } from './fold-arithmetic.ts';
import { createOnnxGraph, type OnnxGraph } from './onnx-writer.ts';

const channels = 3;
const size = 6;
const shape = [1, channels, size, size];
const input = Float32Array.from({ length: channels * size * size }, (_, i) => 4 * Math.sin(i * 1.7));

/** A convolution, then factor and summand, hard swish, and again factor and summand, as PaddlePaddle writes them. */
function block(graph: OnnxGraph, value: string, kernel: number, { divisor = 6, factor = 0.7 } = {}): string {
  const weights = graph.floats(
    Float32Array.from({ length: channels * channels * kernel * kernel }, (_, i) => Math.cos(i + kernel) / kernel),
    [channels, channels, kernel, kernel],
  );
  const pad = (kernel - 1) / 2;
  const bias = graph.floats([0.1, -0.2, 0.3]);
  const conv = graph.node('Conv', [value, weights, bias], {
    kernel_shape: [kernel, kernel],
    pads: [pad, pad, pad, pad],
  });
  const scaled = graph.node('Add', [graph.node('Mul', [graph.scalar(1.3), conv]), graph.scalar(0.4)]);
  const clipped = graph.node('Clip', [graph.node('Add', [scaled, graph.scalar(3)]), graph.scalar(0), graph.scalar(6)]);
  const swish = graph.node('Div', [graph.node('Mul', [scaled, clipped]), graph.scalar(divisor)]);
  return graph.node('Add', [graph.node('Mul', [graph.scalar(factor), swish]), graph.scalar(-0.25)]);
}

function model(kernels: readonly number[], options = {}): Uint8Array {
  const graph = createOnnxGraph('blocks');
  let value = graph.input('x', shape);
  for (const kernel of kernels) value = block(graph, value, kernel, options);
  graph.output(graph.node('Relu', [value], {}, 'y'), shape);
  return graph.serialise();
}

async function run(bytes: Uint8Array): Promise<readonly number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new Tensor('float32', input, shape) });
  return [...(y!.data as Float32Array)];
}

/** How often a model names an operation. */
const count = (bytes: Uint8Array, type: string): number =>
  Buffer.from(bytes)
    .toString('latin1')
    .split(`"${String.fromCharCode(type.length)}${type}`).length - 1;

describe('folding arithmetic into convolutions', () => {
  it.each([[[1, 1, 1]], [[3, 3, 3]], [[3, 1, 3, 1]]])(
    'keeps the answers of blocks with kernels %j',
    async (kernels) => {
      const before = model(kernels);
      const after = foldArithmetic(before);
      const [expected, actual] = [await run(before), await run(after)];
      for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4);
      expect(expected.some((value) => value > 0.1)).toBe(true);
    },
  );

  it('leaves two operations of a hard swish, and none of a summand before a look at single pixels', () => {
    const after = foldArithmetic(model([1, 1, 1]));
    const left = Object.fromEntries(
      ['Conv', 'HardSigmoid', 'Clip', 'Div', 'Mul', 'Add'].map((type) => [type, count(after, type)]),
    );
    // The last block has no convolution after it: its factor and summand stay.
    expect(left).toEqual({ Conv: 3, HardSigmoid: 3, Clip: 0, Div: 0, Mul: 4, Add: 1 });
  });

  it('keeps a summand where borders are padded with nothing', () => {
    expect(count(foldArithmetic(model([3, 3, 3])), 'Add')).toBe(3);
  });

  it('leaves alone what only looks like it', async () => {
    const before = model([1, 3], { divisor: 5, factor: 0 });
    const after = foldArithmetic(before);
    expect(count(after, 'HardSigmoid')).toBe(0);
    expect(count(after, 'Div')).toBe(2);
    const [expected, actual] = [await run(before), await run(after)];
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4);
  });

  it('gives the same bytes each time, and refuses what is no model', () => {
    expect(Buffer.from(foldArithmetic(model([1, 3])))).toEqual(Buffer.from(foldArithmetic(model([1, 3]))));
    expect(() => foldArithmetic(model([1]).subarray(0, 50))).toThrow(RangeError);
  });
});
