import type { Attribute, OnnxGraph } from './onnx-writer.ts';
import { type ConstantTensor, elementCount, permute } from './tensors.ts';

/** How a convolution or pooling window meets the border: none, as TensorFlow's SAME, or explicit [top, left, bottom, right]. */
export type Padding = 'valid' | 'same' | readonly [number, number, number, number];

/** A convolution over [N,C,H,W]; the filter is TensorFlow's [height, width, in, out] (depthwise: [height, width, channels, multiplier]). */
export interface Convolution {
  readonly filter: ConstantTensor;
  readonly bias?: ConstantTensor | undefined;
  readonly depthwise?: boolean;
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly padding: Padding;
}

/** The ONNX attributes of a padding. */
export function paddingAttributes(padding: Padding): Record<string, Attribute> {
  if (padding === 'valid') return {};
  return padding === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: padding };
}

/** Writes a convolution and gives the name of its result, [N,out,H',W']. */
export function convolution(graph: OnnxGraph, input: string, layer: Convolution): string {
  const [height = 1, width = 1, channels = 1, last = 1] = layer.filter.shape;
  const weights = permute(layer.filter, layer.depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
  const dims = layer.depthwise ? [channels * last, 1, height, width] : [last, channels, height, width];
  const inputs = [input, graph.floats(weights.data, dims)];
  if (layer.bias) inputs.push(graph.floats(layer.bias.data));
  return graph.node('Conv', inputs, {
    kernel_shape: [height, width],
    strides: layer.stride ?? [1, 1],
    dilations: layer.dilation ?? [1, 1],
    group: layer.depthwise ? channels : 1,
    ...paddingAttributes(layer.padding),
  });
}

/** The padding before and after one axis that TensorFlow's SAME means, where the stride divides the size. */
function samePadding(window: number, stride: number): readonly [number, number] {
  const total = Math.max(window - stride, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/**
 * Writes the convolution that takes the picture itself, [N,H,W,C] with strides that divide H and W.
 *
 * A row of interleaved pixels is a row of W * C numbers: with filter, stride and padding C times as wide, one channel
 * deep, the sums are the same and the picture needs no transposing (8 of 80 ms at 1920x1152).
 */
export function imageConvolution(graph: OnnxGraph, image: string, layer: Convolution): string {
  const [height = 1, width = 1, channels = 1, outputs = 1] = layer.filter.shape;
  const [down = 1, right = 1] = layer.stride ?? [];
  const [top, bottom] = layer.padding === 'same' ? samePadding(height, down) : [0, 0];
  const [before, after] = layer.padding === 'same' ? samePadding(width, right) : [0, 0];
  const rows = graph.node('Reshape', [image, graph.ints([0, 0, -1])]);
  return convolution(graph, graph.node('Unsqueeze', [rows, graph.ints([1])]), {
    filter: { shape: [height, width * channels, 1, outputs], data: layer.filter.data },
    bias: layer.bias,
    stride: [down, right * channels],
    padding: [top, before * channels, bottom, after * channels],
  });
}

/** Doubles the channels to [x, -x], as a 1x1 convolution, which keeps ONNX Runtime in its blocked layout. */
export function mirrorChannels(graph: OnnxGraph, input: string, channels: number): string {
  const matrix = new Float32Array(channels * channels * 2);
  for (let channel = 0; channel < channels; channel++) {
    matrix[channel * channels * 2 + channel] = 1;
    matrix[channel * channels * 2 + channels + channel] = -1;
  }
  const filter = { shape: [1, 1, channels, channels * 2], data: matrix };
  return convolution(graph, input, { filter, padding: 'valid' });
}

/**
 * Folds `value * scale + shift`, one pair per channel, into the convolution that made the value.
 *
 * @param value must be used by nothing but this arithmetic, because its meaning changes in place
 * @returns false, with nothing changed, when a convolution didn't make the value
 */
export function foldIntoConvolution(
  graph: OnnxGraph,
  value: string,
  scale: ArrayLike<number>,
  shift: ArrayLike<number>,
): boolean {
  const node = graph.producerOf(value);
  const weights = graph.initializer(node?.inputs[1] ?? '');
  if (node?.type !== 'Conv' || !(weights?.data instanceof Float32Array)) return false;
  const outputs = weights.dims[0] ?? 1;
  const perChannel = (list: ArrayLike<number>, channel: number): number => list[list.length === 1 ? 0 : channel] ?? 0;

  const perOutput = weights.data.length / outputs;
  // Plain loops: iterators make the millions of weights of a large net take seconds.
  for (let channel = 0; channel < outputs; channel++) {
    const factor = perChannel(scale, channel);
    const end = (channel + 1) * perOutput;
    for (let index = channel * perOutput; index < end; index++)
      weights.data[index] = (weights.data[index] ?? 0) * factor;
  }

  const biasName = node.inputs[2] ?? graph.floats(new Float32Array(outputs));
  node.inputs[2] = biasName;
  const bias = graph.initializer(biasName)?.data;
  if (bias instanceof Float32Array)
    for (const [channel, before] of bias.entries())
      bias[channel] = before * perChannel(scale, channel) + perChannel(shift, channel);
  return true;
}

/**
 * Appends channels of zeros, as a 1x1 convolution with an identity matrix.
 *
 * ONNX Runtime keeps convolutions, pools and sums in its blocked layout but leaves it for a Pad; the multiplications
 * by 0 and 1 are exact.
 *
 * @param from channels of the input
 * @param to channels of the result
 */
export function widenChannels(graph: OnnxGraph, input: string, from: number, to: number): string {
  const identity = new Float32Array(from * to);
  for (let channel = 0; channel < from; channel++) identity[channel * to + channel] = 1;
  return convolution(graph, input, { filter: { shape: [1, 1, from, to], data: identity }, padding: 'valid' });
}

/** Limits a value to at most `limit`; a Relu that made the value is widened to do both in one node. */
export function clipAbove(graph: OnnxGraph, value: string, limit: number, mayReplaceRelu: boolean): string {
  const node = graph.producerOf(value);
  if (node?.type === 'Relu' && mayReplaceRelu) {
    node.type = 'Clip';
    node.inputs.push(graph.scalar(0), graph.scalar(limit));
    return value;
  }
  return graph.node('Min', [value, graph.scalar(limit)]);
}

/** Limits a value to at least `limit`; nothing is added where a Clip or Relu already does. */
export function clipBelow(graph: OnnxGraph, value: string, limit: number): string {
  const node = graph.producerOf(value);
  const floor = node?.type === 'Clip' ? graph.initializer(node.inputs[1] ?? '')?.data[0] : node?.type === 'Relu' && 0;
  if (typeof floor === 'number' && floor >= limit) return value;
  return graph.node('Max', [value, graph.scalar(limit)]);
}

/**
 * A Relu with a learned slope per channel for negative values, as `relu(x) - slope * relu(-x)`, which is exact.
 *
 * The two products are 1x1 depthwise convolutions: ONNX Runtime's PRelu leaves the blocked layout and is slow by itself.
 *
 * @param slope [C], or [1,1,C]
 */
export function prelu(graph: OnnxGraph, input: string, slope: ConstantTensor): string {
  const channels = elementCount(slope.shape);
  const perChannel = (data: Float32Array): Convolution => ({
    filter: { shape: [1, 1, channels, 1], data },
    depthwise: true,
    padding: 'valid',
  });
  const flipped = convolution(graph, input, perChannel(new Float32Array(channels).fill(-1)));
  const negative = graph.node('Relu', [flipped]);
  const scaled = convolution(graph, negative, perChannel(Float32Array.from(slope.data, (value) => -value)));
  return graph.node('Add', [scaled, graph.node('Relu', [input])]);
}

/** Turns [N,H,W,C] into [N,C,H,W]. */
export function toChannelsFirst(graph: OnnxGraph, input: string): string {
  return graph.node('Transpose', [input], { perm: [0, 3, 1, 2] });
}

/** Turns [N,C,H,W] into [N,H,W,C]; `outputName` fixes the name of the result. */
export function toChannelsLast(graph: OnnxGraph, input: string, outputName?: string): string {
  return graph.node('Transpose', [input], { perm: [0, 2, 3, 1] }, outputName);
}
