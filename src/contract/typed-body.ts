import { decodeBase64 } from '../shared/base64.ts';
import { type Shape, type ShapeTable, shapeOf } from './shapes.ts';

/** A member of a request's body has another JSON type than its shape; the message is AWS's for SerializationException. */
export class BodyTypeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BodyTypeError';
  }
}

/** A text of a JSON body that is base64 and was decoded on the way: `typedBody` takes it for the text it stands for. */
export class Base64Text {
  readonly bytes: Uint8Array;
  readonly #text: () => string;

  /** @param text the text as it was sent, for a member that isn't bytes */
  constructor(bytes: Uint8Array, text: () => string) {
    this.bytes = bytes;
    this.#text = text;
  }

  toString(): string {
    return this.#text();
  }
}

/**
 * The part of a parsed JSON body that a shape knows, with every value of the right JSON type. Unknown members and
 * nulls are left out, as AWS does; integers lose a fraction, and blobs become bytes. The walk goes only as deep as the table.
 *
 * @throws {BodyTypeError}
 */
export function typedBody(shapes: ShapeTable, name: string, body: unknown): unknown {
  const shape = shapeOf(shapes, name);
  switch (shape.type) {
    case 'structure':
      return typedStructure(shapes, shape, body);
    case 'list':
      if (!Array.isArray(body)) throw new BodyTypeError(misplaced(body, 'Expected list or null'));
      // A null stays in a list: validation names it.
      return body.map((item: unknown) => (item === null ? null : typedBody(shapes, shape.member, item)));
    case 'map':
      if (!isRecord(body)) throw new BodyTypeError(misplaced(body, 'Expected map or null'));
      return Object.fromEntries(
        Object.entries(body)
          .filter(([, value]) => value !== null)
          .map(([key, value]) => [key, typedBody(shapes, shape.value, value)]),
      );
    default:
      return typedLeaf(shape.type, body);
  }
}

function typedStructure(shapes: ShapeTable, shape: Shape & { type: 'structure' }, body: unknown): unknown {
  if (!isRecord(body)) throw new BodyTypeError(misplaced(body, 'Unexpected token received from parser'));
  const typed: [string, unknown][] = [];
  for (const [member, memberShape] of Object.entries(shape.members)) {
    const value = Object.hasOwn(body, member) ? body[member] : undefined;
    if (value !== undefined && value !== null) typed.push([member, typedBody(shapes, memberShape, value)]);
  }
  return Object.fromEntries(typed);
}

type LeafType = Exclude<Shape['type'], 'structure' | 'list' | 'map'>;

const int32 = 2 ** 31;

function typedLeaf(type: LeafType, value: unknown): unknown {
  if (value instanceof Base64Text) return type === 'blob' ? value.bytes : typedLeaf(type, value.toString());
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value;
      throw new BodyTypeError(inconvertible(value, 'String'));
    case 'blob':
      if (typeof value === 'string') return bytesOfBase64(value);
      throw new BodyTypeError(inconvertible(value, 'Blob'));
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new BodyTypeError(inconvertible(value, 'Boolean'));
    case 'integer':
    case 'long': {
      const whole = typeof value === 'number' ? Math.trunc(value) : Number.NaN;
      const inRange = type === 'integer' ? whole >= -int32 && whole < int32 : Number.isSafeInteger(whole);
      if (inRange) return whole;
      throw new BodyTypeError(inconvertible(value, type === 'integer' ? 'Integer' : 'Long'));
    }
    case 'float':
      if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value;
      throw new BodyTypeError(inconvertible(value, 'Float'));
    case 'timestamp':
      // ECMAScript dates reach 8.64e15 ms either way.
      if (typeof value === 'number' && Math.abs(value) <= 8.64e12) return value;
      throw new BodyTypeError(inconvertible(value, 'Timestamp'));
  }
}

function bytesOfBase64(text: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new BodyTypeError('The blob is not base64');
  return bytes;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Base64Text);
}

function misplaced(value: unknown, otherwise: string): string {
  if (Array.isArray(value)) return 'Start of list found where not expected';
  return isRecord(value) ? 'Start of structure or map found where not expected' : otherwise;
}

function inconvertible(value: unknown, type: string): string {
  if (typeof value === 'object' && value !== null) return misplaced(value, '');
  const token = typeof value === 'boolean' ? `${value}`.toUpperCase() : typeof value === 'number' ? 'NUMBER' : 'STRING';
  return `${token}_VALUE can not be converted to ${/^[AI]/.test(type) ? 'an' : 'a'} ${type}`;
}
