import { ModelFormatError } from './errors.ts';
import { type ConstantTensor, elementCount } from './tensors.ts';

type ElementType = 'float32' | 'int32' | 'bool';
type StoredType = ElementType | 'uint8' | 'uint16' | 'float16';

/** One weight of a tfjs weight manifest: its type once decoded, and how it is packed in the file. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  readonly quantization?: {
    readonly dtype: 'uint8' | 'uint16' | 'float16';
    readonly scale?: number;
    readonly min?: number;
  };
}

/** Weights packed one after another in the concatenation of `paths`. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

const BYTES_PER_ELEMENT: Readonly<Record<StoredType, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/**
 * Widens one IEEE half float, exactly.
 *
 * @param bits 16 bits: sign, 5 of exponent, 10 of fraction
 */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function decodeWeight(spec: WeightSpec, bytes: Uint8Array): ConstantTensor['data'] {
  // A copy of its own: typed arrays need their offset aligned, which packed weights are not. (Buffer's slice shares.)
  const { buffer } = new Uint8Array(bytes);
  const packing = spec.quantization;
  if (packing === undefined) {
    if (spec.dtype === 'float32') return new Float32Array(buffer);
    return spec.dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
  }
  if (packing.dtype === 'float16') {
    const halves = new Uint16Array(buffer);
    const values = new Float32Array(halves.length);
    for (let index = 0; index < halves.length; index++) values[index] = halfToFloat(halves[index] ?? 0);
    return values;
  }
  const levels = packing.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  const { scale, min } = packing;
  if (scale === undefined || min === undefined) throw new ModelFormatError(`weight ${spec.name} has no scale or min`);
  const whole = spec.dtype === 'int32';
  const values = whole ? new Int32Array(levels.length) : new Float32Array(levels.length);
  for (let index = 0; index < levels.length; index++) {
    const value = (levels[index] ?? 0) * scale + min;
    values[index] = whole ? Math.round(value) : value;
  }
  return values;
}

/**
 * Decodes the weights of a tfjs weight manifest: float32 and int32 as they are, float16 widened, uint8 and uint16
 * as `level * scale + min`.
 *
 * @param groups the manifest
 * @param read gives the bytes of one of the manifest's paths
 * @returns every weight by name
 * @throws {ModelFormatError} when the files are shorter or longer than the manifest says
 * @source https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/io_utils.ts
 */
export function decodeWeights(
  groups: readonly WeightGroup[],
  read: (path: string) => Uint8Array,
): Map<string, ConstantTensor> {
  const weights = new Map<string, ConstantTensor>();
  for (const group of groups) {
    const bytes = Buffer.concat(group.paths.map(read));
    let offset = 0;
    for (const spec of group.weights) {
      const stored: StoredType = spec.quantization?.dtype ?? spec.dtype;
      const end = offset + elementCount(spec.shape) * BYTES_PER_ELEMENT[stored];
      if (!(end <= bytes.length)) throw new ModelFormatError(`weight ${spec.name} ends beyond its file`);
      weights.set(spec.name, { shape: spec.shape, data: decodeWeight(spec, bytes.subarray(offset, end)) });
      offset = end;
    }
    if (offset !== bytes.length)
      throw new ModelFormatError(`${group.paths.join(', ')} holds ${bytes.length} bytes, its manifest ${offset}`);
  }
  return weights;
}
