import {
  addShapes,
  BodyTypeError,
  createConstraintCheck,
  type OwnOperationName,
  type OwnOperationRow,
  ownOperations,
  ServiceError,
  type Shape,
  type ShapeTable,
  shapeOf,
  typedBody,
  violationsMessage,
} from '../contract/index.ts';
import { parseJson } from './wire/json-text.ts';

/** Reads the requests of Likeness' own operations with the engine that reads Rekognition's. */
export interface OwnRequests {
  /** @throws {ServiceError} SerializationException, ValidationException */
  read(operation: OwnOperationName, row: OwnOperationRow, query: string, body: Uint8Array): unknown;
}

/** Derives the constraints of all own operations from their table. */
export function createOwnRequests(): OwnRequests {
  const shapes: Record<string, Shape> = {};
  for (const [name, row] of Object.entries(ownOperations)) addShapes(shapes, name, row.request);
  const check = createConstraintCheck(shapes);

  return {
    read(operation, row, query, body) {
      const raw =
        row.method === 'GET' ? queryMembers(shapes, operation, query) : body.length === 0 ? {} : parseJson(body);
      const request = typed(shapes, operation, raw);
      const violations = check(operation, request);
      if (violations.length > 0) throw new ServiceError('ValidationException', violationsMessage(violations));
      return request;
    },
  };
}

function typed(shapes: ShapeTable, operation: string, raw: unknown): unknown {
  try {
    return typedBody(shapes, operation, raw);
  } catch (cause) {
    if (cause instanceof BodyTypeError) throw new ServiceError('SerializationException', cause.message, { cause });
    throw cause;
  }
}

/** Members of a query as JSON would have them: those that are to be numbers become numbers where they are. */
function queryMembers(shapes: ShapeTable, operation: string, query: string): Record<string, unknown> {
  const shape = shapeOf(shapes, operation);
  const members: [string, unknown][] = [];
  if (shape.type === 'structure') {
    const values = new URLSearchParams(query.replaceAll('+', '%2B'));
    for (const [member, memberShape] of Object.entries(shape.members)) {
      const text = values.get(member);
      if (text === null) continue;
      const { type } = shapeOf(shapes, memberShape);
      const numeric = (type === 'long' || type === 'float') && /^-?\d{1,15}(\.\d{1,15})?$/.test(text);
      members.push([member, numeric ? Number(text) : text]);
    }
  }
  return Object.fromEntries(members);
}
