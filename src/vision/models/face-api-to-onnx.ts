import { ModelFormatError } from './errors.ts';
import { convolution, foldIntoConvolution, imageConvolution, type Padding } from './nchw-layers.ts';
import { createOnnxGraph, type Dimension, type OnnxGraph } from './onnx-writer.ts';
import { type ConstantTensor, elementCount } from './tensors.ts';
import { decodeWeights, type WeightGroup } from './weights.ts';

/** The nets of @vladmandic/face-api that can be built here; their shape is code there, only weights are data. */
export type FaceApiNet = 'face-recognition' | 'face-expression';

/** Names and shapes that the converted net gets. */
export interface FaceApiConversion {
  readonly name: string;
  readonly net: FaceApiNet;
  readonly input: { readonly name: string; readonly shape: readonly Dimension[] };
  readonly outputs: readonly { readonly name: string; readonly shape: readonly Dimension[] }[];
}

/** Mean RGB that both nets subtract, from 0..255, before they divide by 255. */
const MEAN_RGB = [122.782, 117.001, 104.298];

interface Net {
  readonly graph: OnnxGraph;
  weight(name: string): ConstantTensor;
}

const relu = (net: Net, value: string): string => net.graph.node('Relu', [value]);
const add = (net: Net, first: string, second: string): string => net.graph.node('Add', [first, second]);

/** A convolution, its dlib "affine" layer folded in. */
function scaledConvolution(net: Net, input: string, name: string, stride: number, padding: Padding): string {
  const result = convolution(net.graph, input, {
    filter: net.weight(`${name}/conv/filters`),
    bias: net.weight(`${name}/conv/bias`),
    stride: [stride, stride],
    padding,
  });
  const { data: scale } = net.weight(`${name}/scale/weights`);
  const { data: shift } = net.weight(`${name}/scale/biases`);
  foldIntoConvolution(net.graph, result, scale, shift);
  return result;
}

/**
 * The mean of 2x2 windows, with channels of zeros appended, as one convolution.
 *
 * Faster than AveragePool and Pad: it stays in ONNX Runtime's blocked layout and takes the sum that follows along.
 */
function averageAndWiden(net: Net, input: string, from: number, to: number): string {
  const filter = new Float32Array(2 * 2 * from * to);
  for (let position = 0; position < 4; position++)
    for (let channel = 0; channel < from; channel++) filter[(position * from + channel) * to + channel] = 0.25;
  return convolution(net.graph, input, {
    filter: { shape: [2, 2, from, to], data: filter },
    stride: [2, 2],
    padding: 'valid',
  });
}

const outputSide = (side: number, window: number): number => Math.floor((side - window) / 2) + 1;

/** dlib's ResNet with 29 convolutions: [N,150,150,3] RGB 0..255 -> [N,128]. */
function faceRecognition(net: Net, image: string): string {
  // The first convolution has no padding, so subtracting the mean and dividing fold into it exactly.
  const first = net.weight('conv32_down/conv/filters');
  const bias = Float32Array.from(net.weight('conv32_down/conv/bias').data);
  const [, , inputs = 3, outputs = 1] = first.shape;
  const filter = Float32Array.from(first.data);
  const meanSums = new Float64Array(outputs);
  for (const [index, weight] of first.data.entries()) {
    filter[index] = weight / 255;
    const mean = MEAN_RGB[Math.floor(index / outputs) % inputs] ?? 0;
    meanSums[index % outputs] = (meanSums[index % outputs] ?? 0) + (weight * mean) / 255;
  }
  const shifted = bias.map((value, channel) => value - (meanSums[channel] ?? 0));
  let value = imageConvolution(net.graph, image, {
    filter: { shape: first.shape, data: filter },
    bias: { shape: [outputs], data: shifted },
    stride: [2, 2],
    padding: 'valid',
  });
  const { data: scale } = net.weight('conv32_down/scale/weights');
  foldIntoConvolution(net.graph, value, scale, net.weight('conv32_down/scale/biases').data);
  value = net.graph.node('MaxPool', [relu(net, value)], { kernel_shape: [3, 3], strides: [2, 2] });

  // 150 -> 72 by the first convolution -> 35 by the pool.
  let side = 35;
  let channels = outputs;
  const residual = (name: string): void => {
    const inner = relu(net, scaledConvolution(net, value, `${name}/conv1`, 1, 'same'));
    value = relu(net, add(net, scaledConvolution(net, inner, `${name}/conv2`, 1, 'same'), value));
  };
  const residualDown = (name: string, to: number): void => {
    const inner = relu(net, scaledConvolution(net, value, `${name}/conv1`, 2, 'valid'));
    let result = scaledConvolution(net, inner, `${name}/conv2`, 1, 'same');
    const missing = outputSide(side, 2) - outputSide(side, 3);
    if (missing > 0) {
      const pads = net.graph.ints([0, 0, 0, 0, 0, 0, missing, missing]);
      result = net.graph.node('Pad', [result, pads], { mode: 'constant' });
    }
    value = relu(net, add(net, result, averageAndWiden(net, value, channels, to)));
    side = outputSide(side, 2);
    channels = to;
  };

  for (const name of ['conv32_1', 'conv32_2', 'conv32_3']) residual(name);
  residualDown('conv64_down', 64);
  for (const name of ['conv64_1', 'conv64_2', 'conv64_3']) residual(name);
  residualDown('conv128_down', 128);
  for (const name of ['conv128_1', 'conv128_2']) residual(name);
  residualDown('conv256_down', 256);
  for (const name of ['conv256_1', 'conv256_2']) residual(name);
  residualDown('conv256_down_out', 256);

  const pooled = net.graph.node('Flatten', [net.graph.node('GlobalAveragePool', [value])], { axis: 1 });
  const fullyConnected = net.weight('fc');
  return net.graph.node('MatMul', [pooled, net.graph.floats(fullyConnected.data, fullyConnected.shape)]);
}

function separableConvolution(net: Net, input: string, name: string, stride = 1): string {
  const depthwise = convolution(net.graph, input, {
    filter: net.weight(`${name}/depthwise_filter`),
    depthwise: true,
    stride: [stride, stride],
    padding: 'same',
  });
  const filter = net.weight(`${name}/pointwise_filter`);
  return convolution(net.graph, depthwise, { filter, bias: net.weight(`${name}/bias`), padding: 'valid' });
}

/** Four separable convolutions, each fed with the sum of all before it. */
function denseBlock(net: Net, input: string, name: string, first: boolean): string {
  const opening = first
    ? imageConvolution(net.graph, input, {
        filter: net.weight(`${name}/conv0/filters`),
        bias: net.weight(`${name}/conv0/bias`),
        stride: [2, 2],
        padding: 'same',
      })
    : separableConvolution(net, input, `${name}/conv0`, 2);
  let sum = relu(net, opening);
  let fed = sum;
  for (const layer of ['conv1', 'conv2', 'conv3']) {
    sum = add(net, sum, separableConvolution(net, fed, `${name}/${layer}`));
    fed = relu(net, sum);
  }
  return fed;
}

/** face-api's expression net: [N,112,112,3] RGB 0..255 -> [N,7] probabilities. */
function faceExpression(net: Net, image: string): string {
  const centred = net.graph.node('Sub', [image, net.graph.floats(MEAN_RGB)]);
  let value = net.graph.node('Mul', [centred, net.graph.scalar(1 / 255)]);
  for (const block of [0, 1, 2, 3]) value = denseBlock(net, value, `dense${block}`, block === 0);
  const pooled = net.graph.node('AveragePool', [value], { kernel_shape: [7, 7], strides: [2, 2] });
  const { data, shape } = net.weight('fc/weights');
  const weights = net.graph.floats(data, shape);
  const bias = net.graph.floats(net.weight('fc/bias').data);
  const logits = net.graph.node('Gemm', [net.graph.node('Flatten', [pooled], { axis: 1 }), weights, bias]);
  return net.graph.node('Softmax', [logits], { axis: 1 });
}

const BUILDERS: Readonly<Record<FaceApiNet, (net: Net, image: string) => string>> = {
  'face-recognition': faceRecognition,
  'face-expression': faceExpression,
};

/**
 * Builds one of face-api's nets as ONNX.
 *
 * @param manifest the net's weights manifest (JSON)
 * @param read gives the bytes of a weight file by the path in the manifest
 * @returns the ONNX file, the same bytes every time
 * @throws {ModelFormatError} when a weight is missing
 * @source https://github.com/vladmandic/face-api (src/faceRecognitionNet, src/faceExpressionNet, src/faceFeatureExtractor)
 */
export function convertFaceApiNet(
  manifest: Uint8Array,
  read: (path: string) => Uint8Array,
  conversion: FaceApiConversion,
): Uint8Array {
  const groups = JSON.parse(Buffer.from(manifest).toString('utf8')) as readonly WeightGroup[];
  const weights = decodeWeights(groups, read);
  const graph = createOnnxGraph(conversion.name);
  const weight = (name: string): ConstantTensor => {
    const found = weights.get(name);
    if (!found || elementCount(found.shape) === 0) throw new ModelFormatError(`the manifest has no weight ${name}`);
    return found;
  };
  const image = graph.input(conversion.input.name, conversion.input.shape);
  const result = BUILDERS[conversion.net]({ graph, weight }, image);
  const [output] = conversion.outputs;
  if (!output) throw new ModelFormatError(`${conversion.name} has no output`);
  graph.node('Identity', [result], {}, output.name);
  graph.output(output.name, output.shape);
  return graph.serialise();
}
