import { type LeafShape, type Shape, type ShapeTable, shapeOf } from './shapes.ts';

/** Names every constraint that a value breaks, in AWS's order and wording; none when it is valid. */
export type ConstraintCheck = (shapeName: string, value: unknown) => readonly string[];

/** A refused value is told up to this many characters, so that an answer never grows with its request. */
const longestEcho = 1024;
/** No text with a pattern but without a greatest length is legitimately longer: ids and ARNs. */
const longestMatched = 4096;
/** Like AWS's clients, a reader needs the first few; a list of 4096 bad members is one violation anyway. */
const mostViolations = 100;

/**
 * Builds the check for a table of shapes: members in the model's order, depth first; per value first null, then
 * enumeration, pattern, length or range.
 *
 * @source wording of AWS's JSON services: single values are named one by one, members of a list or map of simple
 * values are refused together with all constraints of a member
 */
export function createConstraintCheck(shapes: ShapeTable): ConstraintCheck {
  const patterns = compilePatterns(shapes);

  function check(name: string, value: unknown, path: string, found: string[]): void {
    if (found.length >= mostViolations) return;
    const shape = shapeOf(shapes, name);
    switch (shape.type) {
      case 'structure':
        checkStructure(shape, value as Record<string, unknown>, path, found);
        return;
      case 'list':
        checkList(shape, value as readonly unknown[], path, found);
        return;
      case 'map':
        checkMap(shape, value as Readonly<Record<string, unknown>>, path, found);
        return;
      default:
        for (const broken of brokenBy(shape, value)) found.push(violation(shape, value, path, broken));
    }
  }

  function checkStructure(
    shape: Shape & { type: 'structure' },
    value: Record<string, unknown>,
    path: string,
    found: string[],
  ): void {
    for (const [member, memberShape] of Object.entries(shape.members)) {
      const memberPath = path === '' ? lowerFirst(member) : `${path}.${lowerFirst(member)}`;
      const memberValue = value[member];
      if (memberValue !== undefined) check(memberShape, memberValue, memberPath, found);
      else if (shape.required?.includes(member)) found.push(nullViolation(memberPath));
    }
  }

  function checkList(shape: Shape & { type: 'list' }, list: readonly unknown[], path: string, found: string[]): void {
    for (const broken of brokenLength(shape, list.length)) found.push(violation(shape, list, path, broken));
    const member = shapeOf(shapes, shape.member);
    if (!isLeaf(member)) {
      list.forEach((item, index) => {
        if (item === null) found.push(nullViolation(`${path}.${index + 1}.member`));
        else check(shape.member, item, `${path}.${index + 1}.member`, found);
      });
      return;
    }
    const hasNull = list.includes(null);
    if (hasNull || list.some((item) => brokenBy(member, item).length > 0)) {
      const all = hasNull ? [...demands(member), 'Member must not be null'] : demands(member);
      found.push(violation(member, list, path, `Member must satisfy constraint: [${all.join(', ')}]`));
    }
  }

  function checkMap(
    shape: Shape & { type: 'map' },
    map: Readonly<Record<string, unknown>>,
    path: string,
    found: string[],
  ): void {
    for (const broken of brokenLength(shape, Object.keys(map).length)) found.push(violation(shape, map, path, broken));
    const sides = [
      ['Map keys', shapeOf(shapes, shape.key), Object.keys(map)],
      ['Map value', shapeOf(shapes, shape.value), Object.values(map)],
    ] as const;
    for (const [side, sideShape, values] of sides) {
      if (isLeaf(sideShape) && values.some((item) => brokenBy(sideShape, item).length > 0)) {
        const broken = `${side} must satisfy constraint: [${demands(sideShape).join(', ')}]`;
        found.push(violation(sideShape, map, path, broken));
      }
    }
  }

  function brokenBy(shape: LeafShape, value: unknown): readonly string[] {
    switch (shape.type) {
      case 'string': {
        const text = value as string;
        const broken: string[] = [];
        if (shape.enum !== undefined && !shape.enum.includes(text)) broken.push(enumDemand(shape.enum));
        if (shape.pattern !== undefined && !matches(shape.pattern, shape.max, text)) {
          broken.push(patternDemand(shape.pattern));
        }
        return [...broken, ...brokenLength(shape, text.length)];
      }
      case 'integer':
      case 'long':
      case 'float':
        return brokenRange(shape, value as number);
      case 'blob': {
        // The greatest length of a picture is a setting of the server, not of the contract.
        const { max: _, ...rest } = shape;
        return brokenLength(rest, (value as Uint8Array).length);
      }
      default:
        return [];
    }
  }

  function matches(pattern: string, max: number | undefined, text: string): boolean {
    // Some of AWS's patterns take time square in the length (40 s for 50,000 characters), so text that is too long
    // anyway is never matched: its length is the violation, or, where no length is set, the pattern.
    if (max !== undefined && text.length > max) return true;
    return text.length <= longestMatched && (patterns.get(pattern)?.test(text) ?? false);
  }

  return (shapeName, value) => {
    const found: string[] = [];
    check(shapeName, value, '', found);
    return found;
  };
}

/** The text of a ValidationException for at least one violation. */
export function violationsMessage(violations: readonly string[]): string {
  const errors = violations.length === 1 ? 'error' : 'errors';
  return `${violations.length} validation ${errors} detected: ${violations.join('; ')}`;
}

/** Patterns hold for the whole value, as in Java's `matches`. */
function compilePatterns(shapes: ShapeTable): ReadonlyMap<string, RegExp> {
  const compiled = new Map<string, RegExp>();
  for (const shape of Object.values(shapes)) {
    if (isLeaf(shape) && shape.pattern !== undefined)
      compiled.set(shape.pattern, new RegExp(`^(?:${shape.pattern})$`, 'u'));
  }
  return compiled;
}

type Bounded = { readonly min?: number; readonly max?: number };

const enumDemand = (values: readonly string[]) => `Member must satisfy enum value set: [${values.join(', ')}]`;
const patternDemand = (pattern: string) => `Member must satisfy regular expression pattern: ${pattern}`;
const atLeast = (what: string, bound: number) => `Member must have ${what} greater than or equal to ${bound}`;
const atMost = (what: string, bound: number) => `Member must have ${what} less than or equal to ${bound}`;

function brokenLength({ min, max }: Bounded, length: number): readonly string[] {
  if (max !== undefined && length > max) return [atMost('length', max)];
  return min !== undefined && length < min ? [atLeast('length', min)] : [];
}

function brokenRange({ min, max }: Bounded, value: number): readonly string[] {
  if (max !== undefined && value > max) return [atMost('value', max)];
  return min !== undefined && value < min ? [atLeast('value', min)] : [];
}

/** All that a simple value must satisfy, as AWS tells it when one of several values does not. */
function demands(shape: LeafShape): readonly string[] {
  const what = shape.type === 'string' || shape.type === 'blob' ? 'length' : 'value';
  return [
    ...(shape.max === undefined ? [] : [atMost(what, shape.max)]),
    ...(shape.min === undefined ? [] : [atLeast(what, shape.min)]),
    ...(shape.pattern === undefined ? [] : [patternDemand(shape.pattern)]),
    ...(shape.enum === undefined ? [] : [enumDemand(shape.enum)]),
  ];
}

function violation(shape: Shape, value: unknown, path: string, broken: string): string {
  const hidden = shape.type === 'blob' || ('sensitive' in shape && shape.sensitive === true);
  const told = hidden ? 'Value' : `Value '${echo(shape, value)}'`;
  return `${told} at '${path}' failed to satisfy constraint: ${broken}`;
}

function nullViolation(path: string): string {
  return `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
}

function echo(shape: Shape, value: unknown): string {
  const text = echoWhole(shape, value);
  return text.length <= longestEcho ? text : `${text.slice(0, longestEcho)}...`;
}

/** As Java prints it: lists in brackets, maps in braces, floats with a fraction. */
function echoWhole(shape: Shape, value: unknown): string {
  if (Array.isArray(value)) {
    const simple = value.slice(0, longestEcho).every((item) => typeof item !== 'object' || item === null);
    return simple ? `[${value.slice(0, longestEcho).map(String).join(', ')}]` : '[...]';
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).slice(0, longestEcho);
    return `{${entries.map(([key, item]) => `${key}=${String(item)}`).join(', ')}}`;
  }
  return shape.type === 'float' && Number.isInteger(value) ? `${String(value)}.0` : String(value);
}

function isLeaf(shape: Shape): shape is LeafShape {
  return shape.type !== 'structure' && shape.type !== 'list' && shape.type !== 'map';
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
