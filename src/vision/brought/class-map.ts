/** A model that an operator brought does not fit what is known of it; the message says what to change. */
export class ClassMapError extends Error {
  override readonly name = 'ClassMapError';
}

/** How a model wants its picture: `(x / 255 - mean) / std` of each channel. */
export interface BroughtInput {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: 'RGB' | 'BGR';
  /** In the order of `channels`. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** `letterbox` keeps proportions, the picture in the middle; `squeeze` does not. */
  readonly fit: 'letterbox' | 'squeeze';
  /** 0..255, of what a letterbox leaves free. */
  readonly padding: number;
}

/** classes.json of a pack that an operator brings. */
export interface ClassMap {
  readonly input: BroughtInput;
  /** How the model's output is laid out. */
  readonly output: string;
  /** What each class means, by its index; null for what is of no use. */
  readonly classes: readonly (string | null)[];
}

/** What a pack's class map may say. */
export interface ClassMapRules {
  readonly outputs: readonly string[];
  readonly meanings: ReadonlySet<string>;
  /** `fit` where the file does not say. */
  readonly fit: BroughtInput['fit'];
}

const most = { side: 4096, classes: 10_000 } as const;

function fail(problem: string): never {
  throw new ClassMapError(`classes.json: ${problem}`);
}

function oneOf<Value extends string>(name: string, given: unknown, allowed: readonly Value[], usual?: Value): Value {
  if (given === undefined && usual !== undefined) return usual;
  return allowed.find((value) => value === given) ?? fail(`${name} must be one of ${allowed.join(', ')}`);
}

function side(name: string, given: unknown): number {
  const fits = Number.isSafeInteger(given) && (given as number) >= 16 && (given as number) <= most.side;
  return fits ? (given as number) : fail(`input.${name} must be a whole number from 16 to ${most.side}`);
}

function threeNumbers(name: string, given: unknown, usual: number): readonly [number, number, number] {
  if (given === undefined) return [usual, usual, usual];
  const numbers = Array.isArray(given) && given.length === 3 && given.every((value) => Number.isFinite(value));
  if (!numbers) return fail(`input.${name} must be three numbers`);
  const [first, second, third] = given as number[];
  return [first ?? usual, second ?? usual, third ?? usual];
}

/**
 * Reads a class map.
 *
 * @throws {ClassMapError} saying what is wrong with it
 */
export function readClassMap(bytes: Uint8Array, rules: ClassMapRules): ClassMap {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new ClassMapError('classes.json is not JSON', { cause });
  }
  const map = (value ?? {}) as Record<string, unknown>;
  const input = (map.input ?? {}) as Record<string, unknown>;
  const { classes } = map;
  if (!Array.isArray(classes) || classes.length === 0 || classes.length > most.classes)
    return fail('classes must list what each class means');
  const unknown = classes.find((meaning) => meaning !== null && !rules.meanings.has(meaning as string));
  if (unknown !== undefined)
    return fail(`${JSON.stringify(unknown)} is no class; there are ${[...rules.meanings].join(', ')} and null`);
  const std = threeNumbers('std', input.std, 1);
  if (std.some((number) => number <= 0)) return fail('input.std must be above 0');
  const padding = input.padding ?? 114;
  if (!(typeof padding === 'number' && padding >= 0 && padding <= 255)) return fail('input.padding must be 0 to 255');
  return {
    input: {
      width: side('width', input.width),
      height: side('height', input.height),
      layout: oneOf('input.layout', input.layout, ['NCHW', 'NHWC'], 'NCHW'),
      channels: oneOf('input.channels', input.channels, ['RGB', 'BGR'], 'RGB'),
      mean: threeNumbers('mean', input.mean, 0),
      std,
      fit: oneOf('input.fit', input.fit, ['letterbox', 'squeeze'], rules.fit),
      padding,
    },
    output: oneOf('output', map.output, rules.outputs),
    classes: classes as (string | null)[],
  };
}
