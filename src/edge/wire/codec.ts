import * as sdk from '@aws-sdk/client-rekognition';
import { JsonCodec } from '@smithy/core/protocols';
import {
  BodyTypeError,
  createConstraintCheck,
  type OperationName,
  readConstraints,
  ServiceError,
  typedBody,
  violationsMessage,
} from '../../contract/index.ts';
import { parseJson } from './json-text.ts';

/** The form of requests and responses on the wire, awsJson 1.1. */
export interface WireCodec {
  /**
   * A validated request in the AWS SDK's shape: blobs are Uint8Array, timestamps Date; no defaults filled in.
   *
   * @throws {ServiceError} SerializationException, ValidationException
   */
  readRequest(operation: OperationName, body: Uint8Array): unknown;
  /** JSON text: timestamps as epoch seconds, blobs in base64, fractions rounded to 32 bits. */
  writeResponse(operation: OperationName, response: unknown): string;
}

type ReadObject = ReturnType<JsonCodec['createDeserializer']>['readObject'];
type Schema = Parameters<ReadObject>[0];
type Parsed = Parameters<ReadObject>[1];
/** An operation of the SDK's schemas: kind, namespace, name, traits, input, output. */
type OperationSchema = readonly [9, string, string, unknown, () => Schema, () => Schema];

/** Builds the codec from the AWS SDK's own schemas, so that shapes never drift from AWS's. */
export function createWireCodec(): WireCodec {
  const { requests, shapes } = readConstraints();
  const check = createConstraintCheck(shapes);
  // 7: epoch seconds, as awsJson 1.1 has them.
  const codec = new JsonCodec({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });
  const deserializer = codec.createDeserializer();

  return {
    readRequest(operation, body) {
      const request = typedRequest(() => {
        const typed = typedBody(shapes, requests[operation], parseJson(body)) as Parsed;
        return deserializer.readObject(operationSchema(operation)[4](), typed) as unknown;
      });
      const violations = check(requests[operation], request);
      if (violations.length > 0) throw new ServiceError('ValidationException', violationsMessage(violations));
      return request;
    },
    writeResponse(operation, response) {
      const serializer = codec.createSerializer();
      serializer.write(operationSchema(operation)[5](), float32(response));
      return serializer.flush();
    },
  };
}

function operationSchema(operation: OperationName): OperationSchema {
  const schema: unknown = (sdk as Record<string, unknown>)[`${operation}$`];
  if (!Array.isArray(schema)) throw new RangeError(`the AWS SDK has no schema of ${operation}`);
  return schema as unknown as OperationSchema;
}

function typedRequest(read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BodyTypeError) throw new ServiceError('SerializationException', cause.message, { cause });
    throw cause;
  }
}

/** AWS computes in 32 bits, and clients see that: 99.12345886230469. Whole numbers stay, since only they may be longs. */
function float32(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Math.fround(value);
  if (Array.isArray(value)) return value.map(float32);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, float32(member)]));
}
