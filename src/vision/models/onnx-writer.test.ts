import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  clipAbove,
  clipBelow,
  convolution,
  foldIntoConvolution,
  imageConvolution,
  mirrorChannels,
  prelu,
  widenChannels,
} from './nchw-layers.ts';
import { bytesField, createOnnxGraph, type OnnxGraph, varintField } from './onnx-writer.ts';

async function run(
  build: (graph: OnnxGraph, input: string) => string,
  values: readonly number[],
  dims: readonly number[],
): Promise<number[]> {
  const graph = createOnnxGraph('test');
  const input = graph.input(
    'x',
    dims.map((_, axis) => `d${axis}`),
  );
  const result = build(graph, input);
  graph.node('Identity', [result], {}, 'y');
  graph.output(
    'y',
    dims.map((_, axis) => `e${axis}`),
  );
  const session = await InferenceSession.create(graph.serialise(), { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(values), dims) });
  return [...(y!.data as Float32Array)];
}

const oneChannel = (weights: number[]) => ({ shape: [1, 1, 1, weights.length], data: Float32Array.from(weights) });

describe('the protobuf writer', () => {
  it('writes varints of one and several bytes, negative ones as 64-bit two-complement', () => {
    expect([...varintField(1, 5)]).toEqual([0x08, 5]);
    expect([...varintField(1, 300)]).toEqual([0x08, 0xac, 0x02]);
    expect([...varintField(1, -1)]).toEqual([0x08, ...new Array<number>(9).fill(0xff), 0x01]);
  });

  it('writes the length before bytes', () => {
    expect([...bytesField(2, Uint8Array.of(7, 8))]).toEqual([0x12, 2, 7, 8]);
  });

  it('gives the same bytes for the same calls', () => {
    const once = () => {
      const graph = createOnnxGraph('same');
      graph.output(graph.node('Add', [graph.input('x', ['N', 2]), graph.floats([1, 2])], {}, 'y'), ['N', 2]);
      return graph.serialise();
    };
    expect(once()).toEqual(once());
  });

  it('writes graphs that ONNX Runtime runs, with float, text and list attributes', async () => {
    const leaky = (graph: OnnxGraph, x: string) => graph.node('LeakyRelu', [x], { alpha: { float: 0.25 } });
    expect(await run(leaky, [-4, 4], [1, 2])).toEqual([-1, 4]);
    const turned = (graph: OnnxGraph, x: string) => graph.node('Transpose', [x], { perm: [1, 0] });
    expect(await run(turned, [1, 2, 3, 4, 5, 6], [2, 3])).toEqual([1, 4, 2, 5, 3, 6]);
  });
});

describe('the layers', () => {
  it('fold a scale and a shift per channel into the convolution before them', async () => {
    const folded = (graph: OnnxGraph, x: string) => {
      const y = convolution(graph, x, { filter: oneChannel([1, 2]), padding: 'valid' });
      expect(foldIntoConvolution(graph, y, [10, 100], [0])).toBe(true);
      expect(foldIntoConvolution(graph, y, [1], [0.5, -0.5])).toBe(true);
      return y;
    };
    expect(await run(folded, [3], [1, 1, 1, 1])).toEqual([30.5, 599.5]);
  });

  it('leave a value alone that no convolution made', () => {
    const graph = createOnnxGraph('test');
    const x = graph.input('x', [1, 1, 1, 1]);
    expect(foldIntoConvolution(graph, graph.node('Relu', [x]), [2], [0])).toBe(false);
  });

  it('append channels of zeros', async () => {
    expect(await run((graph, x) => widenChannels(graph, x, 2, 4), [5, -6], [1, 2, 1, 1])).toEqual([5, -6, 0, 0]);
  });

  it('mirror channels', async () => {
    expect(await run((graph, x) => mirrorChannels(graph, x, 2), [5, -6], [1, 2, 1, 1])).toEqual([5, -6, -5, 6]);
  });

  it('scale negative values by a slope per channel, positive ones not', async () => {
    const slopes = { shape: [2], data: Float32Array.of(0.5, -3) };
    const result = await run((graph, x) => prelu(graph, x, slopes), [-4, 4, -4, 4], [1, 2, 1, 2]);
    expect(result).toEqual([-2, 4, 12, 4]);
  });

  it('make one Clip of a Relu with limits', async () => {
    const clipped = (graph: OnnxGraph, x: string) => {
      const y = clipBelow(graph, clipAbove(graph, graph.node('Relu', [x]), 6, true), 0);
      expect(graph.producerOf(y)?.type).toBe('Clip');
      return y;
    };
    expect(await run(clipped, [-1, 3, 9], [1, 3])).toEqual([0, 3, 6]);
  });

  it('convolve the interleaved picture as they would the transposed one', async () => {
    const [height, width, channels] = [6, 8, 3];
    const image = Array.from({ length: 2 * height * width * channels }, (_, index) => Math.sin(index * 1.7));
    const filter = {
      shape: [5, 5, channels, 2],
      data: Float32Array.from({ length: 5 * 5 * channels * 2 }, (_, index) => Math.cos(index * 0.9)),
    };
    const layer = { filter, stride: [2, 2], padding: 'same' } as const;
    const direct = await run((graph, x) => imageConvolution(graph, x, layer), image, [2, height, width, channels]);
    const transposed = await run(
      (graph, x) => convolution(graph, graph.node('Transpose', [x], { perm: [0, 3, 1, 2] }), layer),
      image,
      [2, height, width, channels],
    );
    expect(direct).toHaveLength(transposed.length);
    for (const [index, value] of direct.entries()) expect(value).toBeCloseTo(transposed[index]!, 5);
  });
});
