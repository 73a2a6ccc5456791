/** Protocol buffers, as far as an ONNX file needs them. */
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const bytes = (field: number, content: Uint8Array | readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, value: string): number[] => bytes(field, Buffer.from(value));
const whole = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];

const float32 = 1;
const value = (name: string, dims: readonly number[]): number[] => {
  const shape = dims.flatMap((dim) => bytes(1, whole(1, dim)));
  return [...text(1, name), ...bytes(2, bytes(1, [...whole(1, float32), ...bytes(2, shape)]))];
};
const tensor = (name: string, dims: readonly number[], values: readonly number[]): number[] => [
  ...dims.flatMap((dim) => whole(1, dim)),
  ...whole(2, float32),
  ...text(8, name),
  ...bytes(9, new Uint8Array(Float32Array.from(values).buffer)),
];
const node = (
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly number[] = [],
): number[] => [...inputs.flatMap((input) => text(1, input)), ...text(2, output), ...text(4, type), ...attributes];

/** A net whose output is `base + gain x m`, where m is the mean of all that it is fed with. */
export interface TinyNet {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly base: readonly number[];
  readonly gain: readonly number[];
}

/**
 * Writes a net as an ONNX file that any runtime takes: what it sees in an image depends on how bright the image is.
 *
 * @source https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function tinyOnnx({ input, output, base, gain }: TinyNet): Uint8Array {
  const keepNoDims = bytes(5, [...text(1, 'keepdims'), ...whole(3, 0), ...whole(20, 2)]);
  const graph = [
    ...bytes(1, node('ReduceMean', ['image'], 'brightness', keepNoDims)),
    ...bytes(1, node('Mul', ['gain', 'brightness'], 'scaled')),
    ...bytes(1, node('Add', ['base', 'scaled'], 'output')),
    ...text(2, 'tiny'),
    ...bytes(5, tensor('gain', output, gain)),
    ...bytes(5, tensor('base', output, base)),
    ...bytes(11, value('image', input)),
    ...bytes(12, value('output', output)),
  ];
  return new Uint8Array([...whole(1, 8), ...bytes(7, graph), ...bytes(8, [...text(1, ''), ...whole(2, 13)])]);
}
