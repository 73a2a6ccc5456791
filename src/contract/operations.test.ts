import * as sdk from '@aws-sdk/client-rekognition';
import { describe, expect, it } from 'vitest';
import { commonErrors, errorStatus, type OperationRow, operations, readConstraints } from './index.ts';

const names = Object.keys(operations).sort();
const commandNames = Object.keys(sdk)
  .filter((name) => name.endsWith('Command') && name !== '$Command')
  .map((name) => name.slice(0, -'Command'.length))
  .sort();

describe('the table of operations', () => {
  it("holds exactly the 75 commands of AWS's SDK", () => {
    expect(names).toEqual(commandNames);
    expect(names).toHaveLength(75);
  });

  it('names only errors that have a status', () => {
    for (const row of Object.values(operations) as OperationRow[]) {
      for (const code of [...row.errors, ...commonErrors]) expect(Object.keys(errorStatus)).toContain(code);
    }
  });
});

/** A shape of the SDK's schemas: structures are `[3, namespace, name, traits, memberNames, memberSchemas]`. */
type SdkStructure = [3, string, string, unknown, string[], unknown[]];

describe('the table of constraints', () => {
  const { requests, shapes } = readConstraints();
  const sdkSchemas = sdk as unknown as Record<string, [number, string, string, unknown, () => SdkStructure]>;

  it('has a request for every operation', () => {
    expect(Object.keys(requests).sort()).toEqual(names);
  });

  it("knows exactly the members of the SDK's request shapes", () => {
    for (const name of names) {
      const sdkRequest = sdkSchemas[`${name}$`]![4]();
      const shape = shapes[requests[name as keyof typeof requests]]!;
      expect(shape.type).toBe('structure');
      if (shape.type === 'structure') expect(Object.keys(shape.members).sort()).toEqual([...sdkRequest[4]].sort());
    }
  });

  it('refers only to rows it has', () => {
    for (const shape of Object.values(shapes)) {
      const references =
        shape.type === 'structure'
          ? Object.values(shape.members)
          : shape.type === 'list'
            ? [shape.member]
            : shape.type === 'map'
              ? [shape.key, shape.value]
              : [];
      for (const reference of references) expect(Object.keys(shapes)).toContain(reference);
    }
  });
});
