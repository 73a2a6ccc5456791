import { readData } from '../shared/package-root.ts';
import type { OperationName } from './operations.ts';

interface Bounds {
  /** Smallest value of a number, else smallest length. */
  readonly min?: number;
  /** Greatest value of a number, else greatest length. */
  readonly max?: number;
}

/** A number, string or other leaf of a request, and what it must satisfy. */
export interface LeafShape extends Bounds {
  readonly type: 'string' | 'integer' | 'long' | 'float' | 'boolean' | 'blob' | 'timestamp';
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
}

/** What a value of a request must look like; members name other rows of the same table. */
export type Shape =
  | LeafShape
  | (Bounds & { readonly type: 'list'; readonly member: string })
  | (Bounds & { readonly type: 'map'; readonly key: string; readonly value: string })
  | {
      readonly type: 'structure';
      readonly required?: readonly string[];
      readonly members: Readonly<Record<string, string>>;
    };

/** Shapes by name. */
export type ShapeTable = Readonly<Record<string, Shape>>;

/** The constraints of all requests of Rekognition. */
export interface Constraints {
  readonly source: string;
  /** The name of each operation's request shape. */
  readonly requests: Readonly<Record<OperationName, string>>;
  readonly shapes: ShapeTable;
}

/**
 * Reads data/constraints.json.
 *
 * @source derived from botocore's model of Rekognition 2016-06-27 by scripts/make-constraints.mjs
 */
export function readConstraints(): Constraints {
  return readData<Constraints>('constraints.json');
}

/**
 * A row of a table.
 *
 * @throws {RangeError} when the table has no such row: a fault of the table, never of a request
 */
export function shapeOf(shapes: ShapeTable, name: string): Shape {
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (shape === undefined) throw new RangeError(`no shape ${name} in the table of constraints`);
  return shape;
}
