/**
 * A writer for the part of ONNX that image networks need: float32 and int64 tensors, single-output nodes, opset 13.
 * Nodes stay objects until `serialise`, so that a converter may still fold arithmetic into a node it wrote earlier.
 *
 * @source https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (field numbers below)
 */

/** One node attribute: whole number, list of whole numbers, text, or a float marked as such. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

/** A constant of the graph: float32 or int64 values in row-major order under `dims`; no dims is a scalar. */
export interface Initializer {
  name: string;
  dims: readonly number[];
  data: Float32Array | BigInt64Array;
}

/** One operation of the graph; `inputs` and `output` are value names, an empty input name is an omitted optional. */
export interface OnnxNode {
  type: string;
  readonly inputs: string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A dimension: its size, or a name for one that is only known at run time. */
export type Dimension = number | string;

/** A graph being written; every method returns the name under which the value is then known. */
export interface OnnxGraph {
  /** Declares a float32 input. */
  input(name: string, shape: readonly Dimension[]): string;
  /** Declares an int64 input. */
  inputInts(name: string, shape: readonly Dimension[]): string;
  /** Declares a float32 output that already carries this name. */
  output(name: string, shape: readonly Dimension[]): string;
  /** Adds a float32 constant; `dims` defaults to a vector. */
  floats(data: ArrayLike<number>, dims?: readonly number[]): string;
  /** Adds an int64 vector. */
  ints(values: readonly number[]): string;
  /** Adds a float32 scalar. */
  scalar(value: number): string;
  /** Adds a node with one output; `outputName` fixes the name of that output. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    outputName?: string,
  ): string;
  /** The node that makes a value, or undefined for inputs and constants. */
  producerOf(name: string): OnnxNode | undefined;
  /** A constant by name, or undefined. */
  initializer(name: string): Initializer | undefined;
  /** The ModelProto as bytes: the same bytes for the same sequence of calls, on every machine. */
  serialise(): Uint8Array;
}

const ELEMENT_TYPE = { float32: 1, int64: 7 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;
const WIRE = { varint: 0, bytes: 2, fixed32: 5 } as const;
const OPSET = 13;
const IR_VERSION = 8;

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const tag = (field: number, wire: number): Uint8Array => varint((field << 3) | wire);

/** A protobuf varint field. */
export function varintField(field: number, value: number | bigint): Uint8Array {
  return Buffer.concat([tag(field, WIRE.varint), varint(value)]);
}

/** A protobuf length-delimited field: bytes or an embedded message. */
export function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([tag(field, WIRE.bytes), varint(bytes.byteLength), bytes]);
}

const textField = (field: number, text: string): Uint8Array => bytesField(field, Buffer.from(text, 'utf8'));

function floatField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, WIRE.fixed32), bytes]);
}

function tensorProto({ name, dims, data }: Initializer): Uint8Array {
  // raw_data is little-endian by definition, and so is every platform onnxruntime-node ships a binary for.
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const type = data instanceof Float32Array ? ELEMENT_TYPE.float32 : ELEMENT_TYPE.int64;
  return Buffer.concat([
    ...dims.map((size) => varintField(1, size)),
    varintField(2, type),
    textField(8, name),
    bytesField(9, raw),
  ]);
}

function attributeProto(name: string, value: Attribute): Uint8Array {
  const parts = [textField(1, name)];
  if (typeof value === 'number') parts.push(varintField(3, value), varintField(20, ATTRIBUTE_TYPE.int));
  else if (typeof value === 'string') parts.push(textField(4, value), varintField(20, ATTRIBUTE_TYPE.string));
  else if ('float' in value) parts.push(floatField(2, value.float), varintField(20, ATTRIBUTE_TYPE.float));
  else parts.push(...value.map((item) => varintField(8, item)), varintField(20, ATTRIBUTE_TYPE.ints));
  return Buffer.concat(parts);
}

function nodeProto({ type, inputs, output, attributes }: OnnxNode): Uint8Array {
  return Buffer.concat([
    ...inputs.map((name) => textField(1, name)),
    textField(2, output),
    textField(3, output),
    textField(4, type),
    ...Object.entries(attributes).map(([name, value]) => bytesField(5, attributeProto(name, value))),
  ]);
}

function valueInfoProto(
  name: string,
  shape: readonly Dimension[],
  type: keyof typeof ELEMENT_TYPE = 'float32',
): Uint8Array {
  const dims = shape.map((size) => bytesField(1, typeof size === 'string' ? textField(2, size) : varintField(1, size)));
  const tensorType = Buffer.concat([varintField(1, ELEMENT_TYPE[type]), bytesField(2, Buffer.concat(dims))]);
  return Buffer.concat([textField(1, name), bytesField(2, bytesField(1, tensorType))]);
}

/**
 * Starts an empty graph.
 *
 * @param name the graph's name inside the file, shown by model viewers
 */
export function createOnnxGraph(name: string): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const producers = new Map<string, OnnxNode>();
  const initializers = new Map<string, Initializer>();
  const inputs: Uint8Array[] = [];
  const outputs: Uint8Array[] = [];
  const shared = new Map<string, string>();
  let counter = 0;

  const addConstant = (dims: readonly number[], data: Initializer['data']): string => {
    const constant = { name: `c${counter++}`, dims, data };
    initializers.set(constant.name, constant);
    return constant.name;
  };
  const addShared = (key: string, dims: readonly number[], data: Initializer['data']): string => {
    const known = shared.get(key) ?? addConstant(dims, data);
    shared.set(key, known);
    return known;
  };

  return {
    input(inputName, shape) {
      inputs.push(valueInfoProto(inputName, shape));
      return inputName;
    },
    inputInts(inputName, shape) {
      inputs.push(valueInfoProto(inputName, shape, 'int64'));
      return inputName;
    },
    output(outputName, shape) {
      outputs.push(valueInfoProto(outputName, shape));
      return outputName;
    },
    floats: (data, dims) => addConstant(dims ?? [data.length], new Float32Array(data)),
    ints: (values) => addShared(`ints ${values}`, [values.length], BigInt64Array.from(values.map(BigInt))),
    scalar: (value) => addShared(`scalar ${value}`, [], Float32Array.of(value)),
    node(type, nodeInputs, attributes = {}, outputName = `${type}${counter++}`) {
      const node = { type, inputs: [...nodeInputs], output: outputName, attributes };
      nodes.push(node);
      producers.set(outputName, node);
      return outputName;
    },
    producerOf: (value) => producers.get(value),
    initializer: (value) => initializers.get(value),
    serialise() {
      const graph = Buffer.concat([
        ...nodes.map((node) => bytesField(1, nodeProto(node))),
        textField(2, name),
        ...[...initializers.values()].map((constant) => bytesField(5, tensorProto(constant))),
        ...inputs.map((info) => bytesField(11, info)),
        ...outputs.map((info) => bytesField(12, info)),
      ]);
      const opset = Buffer.concat([textField(1, ''), varintField(2, OPSET)]);
      return Buffer.concat([
        varintField(1, IR_VERSION),
        textField(2, 'likeness'),
        bytesField(7, graph),
        bytesField(8, opset),
      ]);
    },
  };
}
