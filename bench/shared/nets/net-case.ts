/** One measured way of calling a net. */
export interface NetCase {
  /** What reports call it. */
  readonly label: string;
  /** The manifest's name of the net. */
  readonly model: string;
  /** `[N, H, W, C]` */
  readonly shape: readonly [number, number, number, number];
  /** Range of the net's input, as its preprocessing leaves it. */
  readonly low: number;
  readonly high: number;
  /** Too long for a quick run. */
  readonly isLong?: boolean;
}

/** A way through the nets, as calls of cases by label. */
export interface NetsTogether {
  readonly label: string;
  readonly calls: readonly { readonly label: string; readonly times: number }[];
}

/** What a process that runs nets is asked: opens it, or runs one case some times. */
export type NetQuestion =
  | { readonly kind: 'open'; readonly modelsDir: string; readonly models: readonly string[] }
  | { readonly kind: 'run'; readonly case: NetCase; readonly times: number };

/** What it answers. */
export interface NetAnswer {
  /** Milliseconds of each run, from the input's numbers to the outputs' numbers. */
  readonly ms: readonly number[];
  /** What runs the nets, for the report. */
  readonly runtime: string;
}

/** The same input for both sides. */
export function inputOf({ shape, low, high }: NetCase, random: () => number): Float32Array {
  const input = new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]);
  for (let i = 0; i < input.length; i++) input[i] = low + (high - low) * random();
  return input;
}
