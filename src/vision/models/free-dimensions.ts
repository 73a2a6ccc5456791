import { bytesField } from './onnx-writer.ts';

/** A field of a protobuf message: its number, its bytes on the wire with the tag, and its payload where it has one. */
interface Field {
  readonly number: number;
  readonly whole: Uint8Array;
  /** Of a length-delimited field. */
  readonly payload?: Uint8Array;
}

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
const GRAPH_VALUE_INFO = 13;
const VALUE_TYPE = 2;
const TYPE_TENSOR = 1;
const TENSOR_SHAPE = 2;
const SHAPE_DIMENSION = 1;
const DIMENSION_NAME = 2;

/** Which dimensions of every input and of every output get a name instead of a size; by index. */
export interface FreedDimensions {
  readonly inputs: Readonly<Record<number, string>>;
  readonly outputs: Readonly<Record<number, string>>;
}

/**
 * Makes dimensions of a model's inputs and outputs known at run time only, and drops the inferred shapes within the
 * graph, which would contradict: a net of convolutions that was exported for one size then takes others.
 *
 * @param model a ModelProto
 * @returns another ModelProto; weights and nodes are those of the first, byte for byte
 * @source https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 * @throws {RangeError} when the bytes are no protobuf message
 */
export function freeDimensions(model: Uint8Array, { inputs, outputs }: FreedDimensions): Uint8Array {
  return within(model, MODEL_GRAPH, (graph) =>
    join(
      fieldsOf(graph).flatMap((field) => {
        if (field.number === GRAPH_VALUE_INFO) return [];
        if (field.number === GRAPH_INPUT) return [bytesField(GRAPH_INPUT, freed(payloadOf(field), inputs))];
        if (field.number === GRAPH_OUTPUT) return [bytesField(GRAPH_OUTPUT, freed(payloadOf(field), outputs))];
        return [field.whole];
      }),
    ),
  );
}

/** A ValueInfoProto with some dimensions named. */
function freed(value: Uint8Array, names: Readonly<Record<number, string>>): Uint8Array {
  return within(value, VALUE_TYPE, (type) =>
    within(type, TYPE_TENSOR, (tensor) =>
      within(tensor, TENSOR_SHAPE, (shape) => {
        let index = 0;
        return join(
          fieldsOf(shape).map((field) => {
            if (field.number !== SHAPE_DIMENSION) return field.whole;
            const name = names[index++];
            return name === undefined
              ? field.whole
              : bytesField(SHAPE_DIMENSION, bytesField(DIMENSION_NAME, Buffer.from(name, 'utf8')));
          }),
        );
      }),
    ),
  );
}

/** A message with the payload of one of its fields replaced. */
function within(message: Uint8Array, number: number, change: (payload: Uint8Array) => Uint8Array): Uint8Array {
  return join(
    fieldsOf(message).map((field) =>
      field.number === number ? bytesField(number, change(payloadOf(field))) : field.whole,
    ),
  );
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function payloadOf({ number, payload }: Field): Uint8Array {
  if (payload === undefined) throw new RangeError(`field ${number} of the model holds no message`);
  return payload;
}

function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('the model is no protobuf message');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const skip = (bytes: number): Uint8Array => {
    if (at + bytes > message.length) throw new RangeError('the model is cut off');
    at += bytes;
    return message.subarray(at - bytes, at);
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    let payload: Uint8Array | undefined;
    if (wire === 0) varint();
    else if (wire === 1) skip(8);
    else if (wire === 2) payload = skip(varint());
    else if (wire === 5) skip(4);
    else throw new RangeError(`the model is no protobuf message: wire type ${wire}`);
    fields.push({ number: Math.floor(tag / 8), whole: message.subarray(start, at), ...(payload && { payload }) });
  }
  return fields;
}
