import { ModelFormatError } from './errors.ts';
import {
  clipAbove,
  clipBelow,
  convolution,
  foldIntoConvolution,
  imageConvolution,
  mirrorChannels,
  type Padding,
  paddingAttributes,
  prelu,
  toChannelsFirst,
  toChannelsLast,
  widenChannels,
} from './nchw-layers.ts';
import { type Attribute, createOnnxGraph, type Dimension, type OnnxGraph } from './onnx-writer.ts';
import { type ConstantTensor, elementCount } from './tensors.ts';
import { nodesInOrder, parseTfjsGraph, type TfjsNode } from './tfjs-graph.ts';
import { decodeWeights } from './weights.ts';

/** What to take from a tfjs graph, and the names it gets in ONNX. */
export interface TfjsConversion {
  readonly name: string;
  /** The node that becomes the input: a placeholder, or an inner node at which the graph is cut. */
  readonly input: { readonly node: string; readonly name: string; readonly shape: readonly Dimension[] };
  /** The nodes that become outputs. */
  readonly outputs: readonly { readonly node: string; readonly name: string; readonly shape: readonly Dimension[] }[];
}

interface Tensor {
  readonly kind: 'tensor';
  readonly name: string;
  readonly rank: number;
  /** Set where the graph itself means [N,C,H,W] by it, as graphs do that were PyTorch's; its axes count so. */
  readonly isChannelsFirst?: true;
}

/**
 * A value of the graph under conversion. Constants keep TensorFlow's layout; tensors of rank 4 are [N,C,H,W]; the
 * image is the graph's input, still [N,H,W,C]; a negation becomes a node only when something other than CReLU asks,
 * and a border only when something other than a window that can have it as its own padding does.
 */
type Value =
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'negation'; readonly of: Tensor }
  | { readonly kind: 'border'; readonly of: Tensor; readonly pads: Border; readonly fill: number }
  | { readonly kind: 'constant'; readonly tensor: ConstantTensor }
  | Tensor;

interface Step {
  readonly graph: OnnxGraph;
  readonly node: TfjsNode;
  readonly inputs: readonly Value[];
  /** Whether a value has this node as its only user, so that the node that made it may be changed in place. */
  isOnlyUserOf(input: number): boolean;
}

type Converter = (step: Step) => Value;

/** Pixels added at the [top, left, bottom, right] of an image. */
type Border = readonly [number, number, number, number];

/** Where axis i of [N,H,W,C] stands in [N,C,H,W]. */
const CHANNELS_FIRST_AXIS = [0, 2, 3, 1] as const;

const tensorOf = (name: string, rank: number): Tensor => ({ kind: 'tensor', name, rank });

function fail(step: Step, problem: string): never {
  throw new ModelFormatError(`${step.node.operation} ${step.node.name}: ${problem}`);
}

function tensorAt(step: Step, index: number): Tensor {
  const value = step.inputs[index];
  if (value?.kind === 'negation') return { ...value.of, name: step.graph.node('Neg', [value.of.name]) };
  if (value?.kind === 'border') {
    const [top, left, bottom, right] = value.pads;
    const pads = step.graph.ints([0, 0, top, left, 0, 0, bottom, right]);
    const inputs = [value.of.name, pads, step.graph.scalar(value.fill)];
    return { ...value.of, name: step.graph.node('Pad', inputs, { mode: 'constant' }) };
  }
  return value?.kind === 'tensor' ? value : fail(step, `input ${index} is not a tensor`);
}

function constantAt(step: Step, index: number): ConstantTensor {
  const value = step.inputs[index];
  return value?.kind === 'constant' ? value.tensor : fail(step, `input ${index} is not a constant`);
}

function paddingOf(step: Step): Padding {
  const padding = step.node.text('padding');
  if (padding === 'SAME') return 'same';
  return padding === 'VALID' ? 'valid' : fail(step, `padding ${padding}`);
}

/** What a window without padding of its own looks at: the border before it becomes its padding. */
function windowOf(step: Step, fill: (value: number) => boolean): { readonly name: string; readonly padding: Padding } {
  const padding = paddingOf(step);
  const source = step.inputs[0];
  if (source?.kind === 'border' && padding === 'valid' && fill(source.fill))
    return { name: source.of.name, padding: source.pads };
  return { name: tensorAt(step, 0).name, padding };
}

const spatial = (list: readonly number[]): readonly number[] => (list.length === 4 ? list.slice(1, 3) : [1, 1]);

/** A constant with one value per channel, or a single one; the vector that ONNX folds or broadcasts. */
function perChannel(step: Step, constant: ConstantTensor): ConstantTensor['data'] {
  const count = elementCount(constant.shape);
  return count === (constant.shape.at(-1) ?? 1) ? constant.data : fail(step, 'a constant that varies over positions');
}

function activate(step: Step, name: string, value: string, slope: number): string {
  if (name === 'Relu') return step.graph.node('Relu', [value]);
  if (name === 'Relu6') return clipAbove(step.graph, step.graph.node('Relu', [value]), 6, true);
  return name === 'Prelu' ? prelu(step.graph, value, constantAt(step, slope)) : fail(step, `activation ${name}`);
}

/** Applies `fused_ops`, whose operands follow the two of the operation itself. */
function activateFused(step: Step, value: string): string {
  const fused = step.node.texts('fused_ops');
  const operands = 2 + (fused.includes('BiasAdd') ? 1 : 0);
  return fused
    .filter((name) => name !== 'BiasAdd')
    .reduce((result, name) => activate(step, name, result, operands), value);
}

const fusedBias = (step: Step): ConstantTensor | undefined =>
  step.node.texts('fused_ops')[0] === 'BiasAdd' ? constantAt(step, 2) : undefined;

const convert2d =
  (depthwise: boolean): Converter =>
  (step) => {
    const layer = {
      filter: constantAt(step, 1),
      bias: fusedBias(step),
      depthwise,
      stride: spatial(step.node.integers('strides')),
      dilation: spatial(step.node.integers('dilations')),
    };
    const [source] = step.inputs;
    if (source?.kind === 'image' && !depthwise) {
      const rows = imageConvolution(step.graph, source.name, { ...layer, padding: paddingOf(step) });
      return tensorOf(activateFused(step, rows), 4);
    }
    const { name, padding } = windowOf(step, (fill) => fill === 0);
    return tensorOf(activateFused(step, convolution(step.graph, name, { ...layer, padding })), 4);
  };

const pool =
  (type: string): Converter =>
  (step) => {
    // A maximum never takes what is lower than every number, which is ONNX's padding of a pool.
    const { name, padding } = windowOf(step, (fill) => type === 'MaxPool' && fill === Number.NEGATIVE_INFINITY);
    return tensorOf(
      step.graph.node(type, [name], {
        kernel_shape: spatial(step.node.integers('ksize')),
        strides: spatial(step.node.integers('strides')),
        ...paddingAttributes(padding),
      }),
      4,
    );
  };

const elementwise =
  (type: string, attributesOf: (node: TfjsNode) => Readonly<Record<string, Attribute>> = () => ({})): Converter =>
  (step) => {
    const value = tensorAt(step, 0);
    return { ...value, name: step.graph.node(type, [value.name], attributesOf(step.node)) };
  };

/** Sum or product; with a constant per channel it goes into the convolution before it, which is how batch norm vanishes. */
const arithmetic =
  (type: 'Add' | 'Mul'): Converter =>
  (step) => {
    const first = tensorAt(step, 0);
    const operandValue = step.inputs[1];
    if (operandValue?.kind !== 'constant') {
      const second = tensorAt(step, 1);
      if (first.rank !== second.rank || first.isChannelsFirst !== second.isChannelsFirst)
        fail(step, 'operands of different rank or layout');
      return { ...first, name: step.graph.node(type, [first.name, second.name]) };
    }
    if (first.isChannelsFirst) fail(step, 'a constant over channels that come first');
    const operand = perChannel(step, operandValue.tensor);
    const [scale, shift] = type === 'Mul' ? [operand, [0]] : [[1], operand];
    if (step.isOnlyUserOf(0) && foldIntoConvolution(step.graph, first.name, scale, shift)) return first;
    const dims = first.rank === 4 && operand.length > 1 ? [operand.length, 1, 1] : [operand.length];
    return tensorOf(step.graph.node(type, [first.name, step.graph.floats(operand, dims)]), first.rank);
  };

const limit =
  (side: 'above' | 'below'): Converter =>
  (step) => {
    const value = tensorAt(step, 0);
    const { data } = constantAt(step, 1);
    const [bound] = data;
    if (bound === undefined || data.length !== 1) return fail(step, 'a limit that is not one number');
    const limited =
      side === 'above'
        ? clipAbove(step.graph, value.name, bound, step.isOnlyUserOf(0))
        : clipBelow(step.graph, value.name, bound);
    return { ...value, name: limited };
  };

/** The order of a value's axes changes in the graph's own count only: what is written stays [N,C,H,W]. */
const transpose: Converter = (step) => {
  const value = tensorAt(step, 0);
  const order = Array.from(constantAt(step, 1).data).join();
  if (value.rank === 4 && order === '0,2,3,1' && value.isChannelsFirst) return tensorOf(value.name, 4);
  if (value.rank === 4 && order === '0,3,1,2' && !value.isChannelsFirst) return { ...value, isChannelsFirst: true };
  return fail(step, `order ${order} of axes`);
};

/** Bilinear with pixels' centres where they lie, which ONNX calls half_pixel. */
const resize: Converter = (step) => {
  const value = tensorAt(step, 0);
  const size = Array.from(constantAt(step, 1).data);
  if (value.rank !== 4 || step.node.flag('align_corners') || !step.node.flag('half_pixel_centers'))
    return fail(step, 'a size with other centres of pixels');
  const { graph } = step;
  const kept = graph.node('Slice', [graph.node('Shape', [value.name]), graph.ints([0]), graph.ints([2])]);
  const sizes = graph.node('Concat', [kept, graph.ints(size)], { axis: 0 });
  const how = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  return { ...value, name: graph.node('Resize', [value.name, '', '', sizes], how) };
};

const pad: Converter = (step) => {
  const [source] = step.inputs;
  return source?.kind === 'tensor' && source.isChannelsFirst ? border(step, source) : padLast(step);
};

/** Pads an image that the graph means as [N,C,H,W]: pixels around it. */
function border(step: Step, of: Tensor): Value {
  const amounts = Array.from(constantAt(step, 1).data);
  const [top = 0, bottom = 0, left = 0, right = 0] = amounts.slice(4);
  if (amounts.slice(0, 4).some((amount) => amount !== 0)) return fail(step, 'padding of these axes');
  const fill = step.inputs.length > 2 ? (constantAt(step, 2).data[0] ?? 0) : 0;
  return { kind: 'border', of, pads: [top, left, bottom, right], fill };
}

const padLast: Converter = (step) => {
  const { name, rank } = tensorAt(step, 0);
  const amounts = Array.from(constantAt(step, 1).data);
  const [top = 0, bottom = 0, left = 0, right = 0, before = 0, after = 0] = amounts.slice(2);
  const channels = channelsOf(step.graph, name);
  if (rank !== 4 || before !== 0 || amounts[0] || amounts[1]) return fail(step, 'padding of these axes');
  if (top + bottom + left + right === 0 && channels !== undefined)
    return tensorOf(widenChannels(step.graph, name, channels, channels + after), 4);
  const pads = step.graph.ints([0, 0, top, left, 0, after, bottom, right]);
  return tensorOf(step.graph.node('Pad', [name, pads], { mode: 'constant' }), 4);
};

/** The channels of a value, found by walking up to the convolution that settled them. */
function channelsOf(graph: OnnxGraph, value: string): number | undefined {
  const node = graph.producerOf(value);
  if (node?.type === 'Conv') return graph.initializer(node.inputs[1] ?? '')?.dims[0];
  const keepsChannels = ['MaxPool', 'AveragePool', 'Relu', 'PRelu', 'Clip', 'Add'].includes(node?.type ?? '');
  return keepsChannels ? channelsOf(graph, node?.inputs[0] ?? '') : undefined;
}

/** A concatenation of [x, -x] along the channels (CReLU's first half), or undefined when it is another one. */
function mirror(step: Step): Value | undefined {
  const [first, second, axis] = step.inputs;
  if (first?.kind !== 'tensor' || second?.kind !== 'negation' || second.of !== first) return undefined;
  const channels = channelsOf(step.graph, first.name);
  const alongChannels = axis?.kind === 'constant' && [3, -1].includes(axis.tensor.data[0] ?? 0);
  if (!alongChannels || first.rank !== 4 || channels === undefined) return undefined;
  return tensorOf(mirrorChannels(step.graph, first.name, channels), 4);
}

const concatenate: Converter = (step) => {
  const mirrored = mirror(step);
  if (mirrored) return mirrored;
  const parts = step.inputs.slice(0, -1).map((_, index) => tensorAt(step, index));
  const [axis = 0] = constantAt(step, parts.length).data;
  const [first] = parts;
  if (first === undefined || parts.some((part) => part.isChannelsFirst !== first.isChannelsFirst))
    return fail(step, 'parts of different layout');
  const position = axis < 0 ? axis + first.rank : axis;
  const inputs = parts.map((part) => part.name);
  const isLast = first.rank === 4 && !first.isChannelsFirst;
  const onnxAxis = isLast ? (CHANNELS_FIRST_AXIS[position] ?? 0) : position;
  return { ...first, name: step.graph.node('Concat', inputs, { axis: onnxAxis }) };
};

const reshape: Converter = (step) => {
  const { name, rank, isChannelsFirst } = tensorAt(step, 0);
  if (isChannelsFirst) return fail(step, 'of a value whose channels come first');
  const target = Array.from(constantAt(step, 1).data);
  // A graph frozen for one image says 1 where it means the batch; 0 takes that dimension from the input.
  const dims = target[0] === 1 ? [0, ...target.slice(1)] : target;
  const source = rank === 4 ? toChannelsLast(step.graph, name) : name;
  const result = step.graph.node('Reshape', [source, step.graph.ints(dims)]);
  return tensorOf(dims.length === 4 ? toChannelsFirst(step.graph, result) : result, dims.length);
};

const meanOverPositions: Converter = (step) => {
  const axes = Array.from(constantAt(step, 1).data).sort();
  if (axes.join() !== '1,2' || step.node.flag('keep_dims')) return fail(step, `mean over ${axes}`);
  const pooled = step.graph.node('GlobalAveragePool', [tensorAt(step, 0).name]);
  return tensorOf(step.graph.node('Flatten', [pooled], { axis: 1 }), 2);
};

/** Positions that a pool has brought down to one. */
const squeezePositions: Converter = (step) => {
  const { name, rank } = tensorAt(step, 0);
  const axes = step.node.integers('squeeze_dims').join();
  if (rank !== 4 || axes !== '1,2') return fail(step, `squeezing the axes ${axes} of rank ${rank}`);
  return tensorOf(step.graph.node('Squeeze', [name, step.graph.ints([2, 3])]), 2);
};

const matrixProduct: Converter = (step) => {
  const weights = constantAt(step, 1);
  const bias = fusedBias(step);
  const inputs = [tensorAt(step, 0).name, step.graph.floats(weights.data, weights.shape)];
  if (bias) inputs.push(step.graph.floats(bias.data));
  const transB = step.node.flag('transpose_b') ? 1 : 0;
  return tensorOf(activateFused(step, step.graph.node('Gemm', inputs, { transB })), 2);
};

const softmax: Converter = (step) => {
  const { name, rank } = tensorAt(step, 0);
  if (rank === 4) return fail(step, 'over channels of an image');
  return tensorOf(step.graph.node('Softmax', [name], { axis: -1 }), rank);
};

/** Every tfjs operation that the models of the manifest use. */
const CONVERTERS: Readonly<Record<string, Converter>> = {
  Identity: (step) => tensorAt(step, 0),
  Conv2D: convert2d(false),
  _FusedConv2D: convert2d(false),
  DepthwiseConv2dNative: convert2d(true),
  FusedDepthwiseConv2dNative: convert2d(true),
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  Add: arithmetic('Add'),
  AddV2: arithmetic('Add'),
  Mul: arithmetic('Mul'),
  Minimum: limit('above'),
  Maximum: limit('below'),
  Relu: elementwise('Relu'),
  Neg: (step) => ({ kind: 'negation', of: tensorAt(step, 0) }),
  Sigmoid: elementwise('Sigmoid'),
  Prelu: (step) => tensorOf(prelu(step.graph, tensorAt(step, 0).name, constantAt(step, 1)), tensorAt(step, 0).rank),
  Pad: pad,
  PadV2: pad,
  Transpose: transpose,
  ResizeBilinear: resize,
  LeakyRelu: elementwise('LeakyRelu', (node) => ({ alpha: { float: node.fraction('alpha') } })),
  ConcatV2: concatenate,
  Reshape: reshape,
  Mean: meanOverPositions,
  Squeeze: squeezePositions,
  MatMul: matrixProduct,
  _FusedMatMul: matrixProduct,
  Softmax: softmax,
};

/**
 * Converts a tfjs graph model to ONNX: batch norm folded into convolutions, inside in [N,C,H,W], its input and its
 * rank-4 outputs in [N,H,W,C] as the original's.
 *
 * @param json the model's JSON file
 * @param read gives the bytes of a weight file by the path in the JSON
 * @returns the ONNX file, the same bytes every time
 * @throws {ModelFormatError} when the graph uses what isn't known here
 */
export function convertTfjsGraph(
  json: Uint8Array,
  read: (path: string) => Uint8Array,
  conversion: TfjsConversion,
): Uint8Array {
  const source = parseTfjsGraph(json);
  const weights = decodeWeights(source.weights, read);
  const wanted = conversion.outputs.map((output) => output.node);
  const ordered = nodesInOrder(source, wanted, conversion.input.node);

  const users = new Map<string, number>();
  for (const name of [...ordered.flatMap((node) => node.inputs), ...wanted])
    users.set(name, (users.get(name) ?? 0) + 1);

  const graph = createOnnxGraph(conversion.name);
  const values = new Map<string, Value>();
  for (const node of ordered) {
    if (node.name === conversion.input.node) {
      const { name, shape } = conversion.input;
      values.set(node.name, { kind: 'image', name: graph.input(name, shape) });
    } else if (node.operation === 'Const') {
      const tensor = weights.get(node.name);
      if (!tensor) throw new ModelFormatError(`the manifest has no weight ${node.name}`);
      values.set(node.name, { kind: 'constant', tensor });
    } else {
      const convert = CONVERTERS[node.operation];
      if (!convert) throw new ModelFormatError(`${node.name}: the operation ${node.operation} is not known here`);
      const inputs = node.inputs.map((name) => {
        const value = values.get(name);
        if (!value) throw new ModelFormatError(`${node.name}: no value ${name}`);
        return value;
      });
      const isOnlyUserOf = (index: number): boolean => users.get(node.inputs[index] ?? '') === 1;
      values.set(node.name, convert({ graph, node, inputs, isOnlyUserOf }));
    }
  }

  for (const { node, name, shape } of conversion.outputs) {
    const value = values.get(node);
    if (value?.kind !== 'tensor' || value.isChannelsFirst)
      throw new ModelFormatError(`the output ${node} is not a tensor with its channels last`);
    if (value.rank === 4) toChannelsLast(graph, value.name, name);
    else graph.node('Identity', [value.name], {}, name);
    graph.output(name, shape);
  }
  return graph.serialise();
}
