import type { LeafShape, Shape, ShapeTable } from './shapes.ts';

/** The part of JSON Schema 2020-12 that Likeness' own operations are described with. */
export type JsonSchema =
  | { readonly type: 'boolean'; readonly description?: string }
  | {
      readonly type: 'string';
      readonly enum?: readonly string[];
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly pattern?: string;
      readonly description?: string;
    }
  | {
      readonly type: 'integer' | 'number';
      readonly minimum?: number;
      readonly maximum?: number;
      readonly description?: string;
    }
  | { readonly type: 'array'; readonly items: JsonSchema; readonly description?: string }
  | ObjectSchema;

/** An object, either with named members or as a map from any name. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly description?: string;
}

/** The TypeScript type of the values that a schema describes. */
export type FromSchema<S> = S extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : S extends { readonly type: 'string' }
    ? string
    : S extends { readonly type: 'integer' | 'number' }
      ? number
      : S extends { readonly type: 'boolean' }
        ? boolean
        : S extends { readonly type: 'array'; readonly items: infer Item }
          ? readonly FromSchema<Item>[]
          : S extends { readonly properties: infer Members; readonly required: readonly (infer Required)[] }
            ? { readonly [Name in keyof Members & Required]: FromSchema<Members[Name]> } & {
                readonly [Name in Exclude<keyof Members, Required>]?: FromSchema<Members[Name]>;
              }
            : S extends { readonly properties: infer Members }
              ? { readonly [Name in keyof Members]?: FromSchema<Members[Name]> }
              : S extends { readonly additionalProperties: infer Value }
                ? Readonly<Record<string, FromSchema<Value>>>
                : never;

/**
 * Adds the rows of constraints that say the same as a schema, so that one engine validates all requests.
 *
 * @param shapes receives a row `name`, and rows `name.member` for what it holds
 */
export function addShapes(shapes: Record<string, Shape>, name: string, schema: JsonSchema): ShapeTable {
  shapes[name] = shapeOfSchema(shapes, name, schema);
  return shapes;
}

function shapeOfSchema(shapes: Record<string, Shape>, name: string, schema: JsonSchema): Shape {
  switch (schema.type) {
    case 'boolean':
      return { type: 'boolean' };
    case 'string':
      return {
        type: 'string',
        ...(schema.enum && { enum: schema.enum }),
        ...(schema.pattern !== undefined && { pattern: schema.pattern }),
        ...bounds(schema.minLength, schema.maxLength),
      };
    case 'integer':
    case 'number':
      return { type: schema.type === 'integer' ? 'long' : 'float', ...bounds(schema.minimum, schema.maximum) };
    case 'array':
      addShapes(shapes, `${name}.member`, schema.items);
      return { type: 'list', member: `${name}.member` };
    case 'object': {
      if (schema.properties === undefined) {
        addShapes(shapes, `${name}.key`, { type: 'string' });
        addShapes(shapes, `${name}.value`, schema.additionalProperties || { type: 'string' });
        return { type: 'map', key: `${name}.key`, value: `${name}.value` };
      }
      const members: Record<string, string> = {};
      for (const [member, memberSchema] of Object.entries(schema.properties)) {
        members[member] = `${name}.${member}`;
        addShapes(shapes, `${name}.${member}`, memberSchema);
      }
      return { type: 'structure', members, ...(schema.required && { required: schema.required }) };
    }
  }
}

function bounds(min: number | undefined, max: number | undefined): Pick<LeafShape, 'min' | 'max'> {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}
