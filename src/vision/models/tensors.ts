/** A constant tensor in row-major order; int32 and bool are kept as their own arrays. */
export interface ConstantTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** The number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Reorders the axes of a constant.
 *
 * @param tensor any rank, row-major
 * @param order `order[i]` is the axis of the input that becomes axis i of the result
 * @returns the float32 values in the new order, with their shape
 */
export function permute(
  tensor: ConstantTensor,
  order: readonly number[],
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const { shape, data } = tensor;
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const newShape = order.map((axis) => shape[axis] ?? 1);
  const newStrides = order.map((axis) => strides[axis] ?? 1);
  const result = new Float32Array(data.length);
  const index = new Array<number>(order.length).fill(0);
  let source = 0;
  for (let target = 0; target < result.length; target++) {
    result[target] = data[source] ?? 0;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      const size = newShape[axis] ?? 1;
      const stride = newStrides[axis] ?? 1;
      const next = (index[axis] ?? 0) + 1;
      source += stride;
      if (next < size) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      source -= stride * size;
    }
  }
  return { shape: newShape, data: result };
}
