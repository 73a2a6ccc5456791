import { bytesField } from './onnx-writer.ts';
import { fieldsOf, join, payloadOf, within } from './protobuf.ts';

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
