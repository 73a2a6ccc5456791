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

/** Every net that both sides have, as the pipeline calls it. */
export const netCases: readonly NetCase[] = [
  { label: 'dlib-recognition', model: 'dlib-recognition', shape: [1, 150, 150, 3], low: 0, high: 255 },
  { label: 'dlib-recognition x2', model: 'dlib-recognition', shape: [2, 150, 150, 3], low: 0, high: 255 },
  { label: 'faceres', model: 'faceres', shape: [1, 224, 224, 3], low: -120, high: 140 },
  { label: 'faceres x2', model: 'faceres', shape: [2, 224, 224, 3], low: -120, high: 140 },
  { label: 'facemesh', model: 'facemesh', shape: [1, 192, 192, 3], low: 0, high: 1 },
  { label: 'iris x2', model: 'iris', shape: [2, 64, 64, 3], low: 0, high: 1 },
  { label: 'blazeface-back', model: 'blazeface-back', shape: [1, 256, 256, 3], low: -1, high: 1 },
  { label: 'emotion', model: 'emotion', shape: [1, 64, 64, 1], low: -1, high: 1 },
  { label: 'face-expression', model: 'face-expression', shape: [1, 112, 112, 3], low: 0, high: 255 },
  { label: 'faceboxes 1024x640', model: 'faceboxes', shape: [1, 640, 1024, 3], low: -1, high: 1 },
  { label: 'faceboxes 1920x1152', model: 'faceboxes', shape: [1, 1152, 1920, 3], low: -1, high: 1, isLong: true },
];

/** A way through the nets, as calls of {@link netCases} by label. */
export interface NetsTogether {
  readonly label: string;
  readonly calls: readonly { readonly label: string; readonly times: number }[];
}

const embedding = [
  { label: 'facemesh', times: 2 },
  { label: 'dlib-recognition x2', times: 1 },
  { label: 'faceres x2', times: 1 },
];

/** What the pipeline's nets come to together, on a photo of one face that is embedded for `accurate`. */
export const netsTogether: readonly NetsTogether[] = [
  {
    label: 'one face, quick look (blazeface, 2 facemesh, dlib x2, faceres x2)',
    calls: [{ label: 'blazeface-back', times: 1 }, ...embedding],
  },
  {
    label: 'one face, all looked for (the same and faceboxes 1024x640)',
    calls: [{ label: 'blazeface-back', times: 1 }, { label: 'faceboxes 1024x640', times: 1 }, ...embedding],
  },
];

/** What a process that runs nets is asked: opens it, or runs one case some times. */
export type NetQuestion =
  | { readonly kind: 'open'; readonly modelsDir: string }
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
