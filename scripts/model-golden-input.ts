/**
 * A picture that is the same on every machine: 12x12 random colours spread smoothly, with a little noise.
 *
 * Random pixels alone leave most nets flat; smooth shapes move their outputs.
 *
 * @param seed any whole number
 * @returns height x width x 3, RGB interleaved, whole numbers 0..255
 */
export function goldenImage(seed: number, height: number, width: number): Uint8Array {
  let state = seed >>> 0;
  // mulberry32
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const cells = 12;
  const grid = Array.from({ length: (cells + 1) * (cells + 1) * 3 }, random);
  const at = (row: number, column: number, channel: number): number =>
    grid[(row * (cells + 1) + column) * 3 + channel] ?? 0;
  const pixels = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const row = Math.floor((y * cells) / height);
      const column = Math.floor((x * cells) / width);
      const down = (y * cells) / height - row;
      const right = (x * cells) / width - column;
      for (let channel = 0; channel < 3; channel++) {
        const above = at(row, column, channel) * (1 - right) + at(row, column + 1, channel) * right;
        const below = at(row + 1, column, channel) * (1 - right) + at(row + 1, column + 1, channel) * right;
        const value = (above * (1 - down) + below * down) * 235 + random() * 20;
        pixels[(y * width + x) * 3 + channel] = Math.round(value);
      }
    }
  return pixels;
}

/** The preprocessing of a model's input, as the manifest states it. */
export interface InputRecipe {
  readonly channels: 'RGB' | 'BGR' | 'luma';
  readonly mean: readonly number[];
  readonly divisor: number | readonly number[];
}

/** Applies a recipe: [H,W,3] bytes become [H,W,C] float32, `(x - mean) / divisor` in the recipe's order of channels. */
export function prepareInput(pixels: Uint8Array, { channels, mean, divisor }: InputRecipe): Float32Array {
  const planes = channels === 'luma' ? 1 : 3;
  const prepared = new Float32Array((pixels.length / 3) * planes);
  for (let pixel = 0; pixel < pixels.length / 3; pixel++) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(pixel * 3, pixel * 3 + 3);
    const values = {
      RGB: [red, green, blue],
      BGR: [blue, green, red],
      luma: [0.2989 * red + 0.587 * green + 0.114 * blue],
    }[channels];
    for (const [plane, value] of values.entries())
      prepared[pixel * planes + plane] =
        (value - (mean[plane] ?? 0)) / (typeof divisor === 'number' ? divisor : (divisor[plane] ?? 1));
  }
  return prepared;
}

/** The pictures that goldens are made of. */
export const GOLDEN_SEEDS = [7, 11] as const;

/** The size at which a model is tried: its own, or 256x384 where it takes any. */
export function goldenSize(shape: readonly (number | string)[]): { height: number; width: number; channels: number } {
  const [, height, width, channels] = shape;
  return {
    height: typeof height === 'number' ? height : 256,
    width: typeof width === 'number' ? width : 384,
    channels: Number(channels),
  };
}

/** What is kept of an output: its size, statistics over all of it, and values at evenly spaced places. */
export interface OutputDescription {
  readonly length: number;
  readonly mean: number;
  readonly norm: number;
  readonly smallest: number;
  readonly largest: number;
  readonly sample: readonly number[];
}

const SAMPLED_VALUES = 24;

/** Describes an output; equal outputs have equal descriptions, and a change of any size moves mean or norm. */
export function describeOutput(values: ArrayLike<number>): OutputDescription {
  let sum = 0;
  let squares = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NaN;
    sum += value;
    squares += value * value;
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  const step = Math.max(1, Math.floor(values.length / SAMPLED_VALUES));
  const places = Array.from({ length: Math.min(SAMPLED_VALUES, values.length) }, (_, place) => place * step);
  const rounded = (value: number): number => Number(value.toPrecision(8));
  return {
    length: values.length,
    mean: rounded(sum / values.length),
    norm: rounded(Math.sqrt(squares)),
    smallest: rounded(smallest),
    largest: rounded(largest),
    sample: places.map((place) => rounded(values[place] ?? Number.NaN)),
  };
}
