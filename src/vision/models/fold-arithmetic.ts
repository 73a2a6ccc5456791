import { bytesField, varintField } from './onnx-writer.ts';
import { type Field, fieldsOf, join, payloadOf, within } from './protobuf.ts';

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const GRAPH_OUTPUT = 12;
const NODE = { input: 1, output: 2, type: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, float: 2, tensor: 5, ints: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { float: 1, tensor: 4 } as const;
const TENSOR = { dims: 1, type: 2, floats: 4, name: 8, raw: 9 } as const;
const FLOAT32 = 1;

interface Constant {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

interface Node {
  type: string;
  inputs: string[];
  outputs: string[];
  /** Attributes as they stand in the file. */
  attributes: readonly Field[];
}

/**
 * Folds the arithmetic that PaddlePaddle's export leaves around convolutions, eight passes over memory for each, which
 * took almost half of the recogniser's time: a factor and a summand after a convolution go into its weights; a hard
 * swish of four operations becomes two; a factor after it goes into the convolutions that follow, a summand too where
 * they look at single pixels. Answers differ by the rounding of float32.
 *
 * @param model a ModelProto
 * @returns another ModelProto, the same bytes on every machine
 * @throws {RangeError} when the bytes are no protobuf message
 */
export function foldArithmetic(model: Uint8Array): Uint8Array {
  return within(model, MODEL_GRAPH, (graph) => {
    const fields = fieldsOf(graph);
    const nodes = fields.filter(({ number }) => number === GRAPH_NODE).map((field) => nodeOf(payloadOf(field)));
    const outputs = fields.filter(({ number }) => number === GRAPH_OUTPUT).map((field) => nameIn(payloadOf(field), 1));
    const constants = new Map<string, Constant>();
    const keep = (name: string, tensor: Uint8Array | undefined): void => {
      const constant = tensor && floatsOf(tensor);
      if (constant) constants.set(name, constant);
    };
    for (const node of nodes) if (node.type === 'Constant') keep(node.outputs[0] ?? '', tensorOf(node));
    const initializers = fields.filter(({ number }) => number === GRAPH_INITIALIZER).map(payloadOf);
    for (const tensor of initializers) keep(nameIn(tensor, TENSOR.name), tensor);
    const folded = foldNodes(nodes, constants, new Set(outputs));
    const used = new Set(folded.flatMap(({ inputs }) => inputs));
    const others = fields.filter(
      (field) =>
        field.number !== GRAPH_NODE &&
        (field.number !== GRAPH_INITIALIZER || used.has(nameIn(payloadOf(field), TENSOR.name))),
    );
    return join([
      ...folded.map((node) => bytesField(GRAPH_NODE, nodeProto(node))),
      ...others.map(({ whole }) => whole),
    ]);
  });
}

/** @param constants float32 ones by name; those that folding makes are added */
function foldNodes(all: readonly Node[], constants: Map<string, Constant>, outputs: ReadonlySet<string>): Node[] {
  const made = new Map<string, Constant>();
  let nodes = all.filter(({ type }) => type !== 'Constant');
  const readers = new Map<string, Node[]>();
  const index = (): void => {
    readers.clear();
    for (const node of nodes)
      for (const input of new Set(node.inputs)) readers.set(input, [...(readers.get(input) ?? []), node]);
  };
  index();
  const scalar = (name: string | undefined): number | undefined => {
    const constant = constants.get(name ?? '');
    return constant?.values.length === 1 ? constant.values[0] : undefined;
  };
  /** The only node that reads a value which nobody outside sees. */
  const soleReader = (value: string | undefined, type: string): Node | undefined => {
    const [reader, ...others] = readers.get(value ?? '') ?? [];
    return reader?.type === type && others.length === 0 && !outputs.has(value ?? '') ? reader : undefined;
  };
  /** The scalar that a node takes beside a value. */
  const beside = (node: Node | undefined, value: string | undefined): number | undefined =>
    node?.inputs.length === 2 && node.inputs.includes(value ?? '')
      ? scalar(node.inputs[node.inputs[0] === value ? 1 : 0])
      : undefined;
  const drop = (...gone: readonly (Node | undefined)[]): void => {
    nodes = nodes.filter((node) => !gone.includes(node));
    index();
  };
  const constant = (dims: readonly number[], values: Float32Array): string => {
    const name = `folded.${made.size}`;
    made.set(name, { dims, values });
    constants.set(name, { dims, values });
    return name;
  };
  /** Multiplies a convolution's weights, and adds to what it answers. */
  const change = (conv: Node, factor: number, biasOf: (outputChannel: number, old: number) => number): void => {
    const weights = constants.get(conv.inputs[1] ?? '') as Constant;
    const channels = weights.dims[0] ?? 0;
    const bias = constants.get(conv.inputs[2] ?? '')?.values;
    conv.inputs = [
      conv.inputs[0] ?? '',
      constant(
        weights.dims,
        weights.values.map((value) => value * factor),
      ),
      constant(
        [channels],
        Float32Array.from({ length: channels }, (_, i) => biasOf(i, bias?.[i] ?? 0)),
      ),
    ];
  };
  const isPlainConv = (node: Node): boolean =>
    node.type === 'Conv' &&
    constants.has(node.inputs[1] ?? '') &&
    (node.inputs.length < 3 || constants.has(node.inputs[2] ?? ''));

  for (const conv of [...nodes].filter(isPlainConv)) {
    const times = soleReader(conv.outputs[0], 'Mul');
    const plus = soleReader(times?.outputs[0], 'Add');
    const factor = beside(times, conv.outputs[0]);
    const summand = beside(plus, times?.outputs[0]);
    if (factor === undefined || summand === undefined || plus === undefined) continue;
    change(conv, factor, (_, old) => old * factor + summand);
    conv.outputs = plus.outputs;
    drop(times, plus);
  }

  for (const plus of [...nodes]) {
    const value = plus.type === 'Add' ? plus.inputs.find((input) => scalar(input) === undefined) : undefined;
    if (value === undefined || beside(plus, value) !== 3) continue;
    const clip = soleReader(plus.outputs[0], 'Clip');
    const times = soleReader(clip?.outputs[0], 'Mul');
    const over = soleReader(times?.outputs[0], 'Div');
    if (clip === undefined || times === undefined || over === undefined) continue;
    const [from, to] =
      clip.inputs.length === 3 ? clip.inputs.slice(1).map(scalar) : ['min', 'max'].map((name) => floatOf(clip, name));
    if (from !== 0 || to !== 6 || !times.inputs.includes(value) || scalar(over.inputs[1]) !== 6) continue;
    const slope = floatAttribute('alpha', 1 / 6);
    plus.type = 'HardSigmoid';
    plus.inputs = [value];
    plus.attributes = [slope, floatAttribute('beta', 0.5)];
    times.inputs = [value, plus.outputs[0] ?? ''];
    times.outputs = over.outputs;
    drop(clip, over);
  }

  for (const times of [...nodes]) {
    if (times.type !== 'Mul' || !nodes.includes(times)) continue;
    const value = times.inputs.find((input) => scalar(input) === undefined);
    const factor = beside(times, value);
    const plus = soleReader(times.outputs[0], 'Add');
    const summand = beside(plus, times.outputs[0]);
    if (value === undefined || plus === undefined || summand === undefined || factor === undefined || factor === 0)
      continue;
    const convs = readers.get(plus.outputs[0] ?? '') ?? [];
    if (
      convs.length === 0 ||
      outputs.has(plus.outputs[0] ?? '') ||
      !convs.every((conv) => isPlainConv(conv) && conv.inputs[0] === plus.outputs[0])
    )
      continue;
    const pointwise = convs.every(isPointwise);
    for (const conv of convs) {
      const { dims, values } = constants.get(conv.inputs[1] ?? '') as Constant;
      const perChannel = values.length / (dims[0] ?? 1);
      change(conv, factor, (channel, old) =>
        pointwise ? old + summand * sumOf(values.subarray(channel * perChannel, (channel + 1) * perChannel)) : old,
      );
    }
    if (pointwise) {
      for (const conv of convs) conv.inputs[0] = value;
      drop(times, plus);
    } else {
      plus.inputs = [value, constant([], Float32Array.of(summand / factor))];
      drop(times);
    }
  }

  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const kept = all.filter(({ type, outputs: [name = ''] }) => type === 'Constant' && used.has(name));
  const added = [...made].filter(([name]) => used.has(name)).map(([name, value]) => constantNode(name, value));
  return [...kept, ...added, ...nodes];

  function isPointwise(conv: Node): boolean {
    const [, , ...kernel] = constants.get(conv.inputs[1] ?? '')?.dims ?? [];
    return kernel.every((size) => size === 1) && (intsOf(conv, 'pads') ?? []).every((pad) => pad === 0);
  }
}

function sumOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** The name of a message, by the number of its field. */
function nameIn(message: Uint8Array, field: number): string {
  return text(fieldsOf(message).find(({ number }) => number === field)?.payload ?? new Uint8Array());
}

function nodeOf(message: Uint8Array): Node {
  const fields = fieldsOf(message);
  const texts = (number: number): string[] =>
    fields.filter((field) => field.number === number).map((field) => text(payloadOf(field)));
  return {
    type: texts(NODE.type)[0] ?? '',
    inputs: texts(NODE.input),
    outputs: texts(NODE.output),
    attributes: fields.filter(({ number }) => number === NODE.attribute),
  };
}

function nodeProto({ type, inputs, outputs, attributes }: Node): Uint8Array {
  return join([
    ...inputs.map((name) => bytesField(NODE.input, Buffer.from(name))),
    ...outputs.map((name) => bytesField(NODE.output, Buffer.from(name))),
    // Its name, by which ONNX Runtime speaks of it.
    bytesField(3, Buffer.from(outputs[0] ?? '')),
    bytesField(NODE.type, Buffer.from(type)),
    ...attributes.map(({ whole }) => whole),
  ]);
}

function attributeOf({ attributes }: Node, name: string): Field[] | undefined {
  return attributes.map((field) => fieldsOf(payloadOf(field))).find((parts) => nameOfAttribute(parts) === name);
}

function nameOfAttribute(parts: readonly Field[]): string {
  return text(parts.find(({ number }) => number === ATTRIBUTE.name)?.payload ?? new Uint8Array());
}

function floatOf(node: Node, name: string): number | undefined {
  const payload = attributeOf(node, name)?.find(({ number }) => number === ATTRIBUTE.float)?.payload;
  return payload && Buffer.from(payload).readFloatLE();
}

function intsOf(node: Node, name: string): number[] | undefined {
  return attributeOf(node, name)
    ?.filter(({ number }) => number === ATTRIBUTE.ints)
    .flatMap(wholeNumbers);
}

/** A repeated whole number, alone or packed. */
function wholeNumbers({ value, payload }: Field): number[] {
  if (value !== undefined) return [value];
  const numbers: number[] = [];
  let number = 0;
  let factor = 1;
  for (const byte of payload ?? []) {
    number += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) {
      numbers.push(number);
      number = 0;
      factor = 1;
    }
  }
  return numbers;
}

function tensorOf(node: Node): Uint8Array | undefined {
  return attributeOf(node, 'value')?.find(({ number }) => number === ATTRIBUTE.tensor)?.payload;
}

/** A float32 tensor, or undefined for one of another type. */
function floatsOf(tensor: Uint8Array): Constant | undefined {
  const fields = fieldsOf(tensor);
  if (fields.find(({ number }) => number === TENSOR.type)?.value !== FLOAT32) return undefined;
  const dims = fields.filter(({ number }) => number === TENSOR.dims).flatMap(wholeNumbers);
  const raw = fields.filter(({ number }) => number === TENSOR.raw || number === TENSOR.floats);
  const bytes = Buffer.concat(raw.map(payloadOf));
  return { dims, values: Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4)) };
}

function constantNode(name: string, { dims, values }: Constant): Node {
  const tensor = join([
    ...dims.map((size) => varintField(TENSOR.dims, size)),
    varintField(TENSOR.type, FLOAT32),
    bytesField(TENSOR.raw, Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  ]);
  const attribute = join([
    bytesField(ATTRIBUTE.name, Buffer.from('value')),
    bytesField(ATTRIBUTE.tensor, tensor),
    varintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.tensor),
  ]);
  return { type: 'Constant', inputs: [], outputs: [name], attributes: asAttribute(attribute) };
}

function floatAttribute(name: string, value: number): Field {
  const bytes = Buffer.alloc(5);
  // Field and wire type of a float of fixed width.
  bytes.writeUInt8((ATTRIBUTE.float << 3) | 5);
  bytes.writeFloatLE(value, 1);
  const attribute = join([
    bytesField(ATTRIBUTE.name, Buffer.from(name)),
    bytes,
    varintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.float),
  ]);
  return asAttribute(attribute)[0] as Field;
}

function asAttribute(attribute: Uint8Array): Field[] {
  return fieldsOf(bytesField(NODE.attribute, attribute));
}
