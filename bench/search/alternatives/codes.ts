import type { Matrix } from '../../../evals/train/matrix.ts';
import { rowOf } from '../../../evals/train/matrix.ts';
import { kernelOver } from '../../../src/stores/vectors/codes/arena.ts';
import { Coder } from '../../../src/stores/vectors/codes/codes.ts';
import type { SharedMemory } from '../../../src/stores/vectors/codes/web-assembly.ts';
import { assemble, instantiate, sharedMemory } from '../assemble.ts';
import type { Basis } from './basis.ts';
import { type KernelForm, writeKernel } from './kernels.ts';

/** A first pass over codes that leaves out no vector that may reach a score. */
export interface Filter {
  readonly name: string;
  /** Read of every vector. */
  readonly bytesPerVector: number;
  /** Prepares a probe; what is returned scans for one threshold after the other. */
  prepare(probe: Float32Array): (least: number) => Survivors;
}

/** What a pass has left. */
export interface Survivors {
  readonly count: number;
  /** How many were looked at a second time, where there is such a time. */
  readonly read?: number;
  index(i: number): number;
  /** At least the true score, and at most. */
  highest(i: number): number;
  lowest(i: number): number;
}

type Scan = (
  codes: number,
  scales: number,
  count: number,
  query: number,
  step: number,
  slack: number,
  own: number,
  first: number,
  least: number,
  out: number,
) => number;

/** Where things lie in the memory of a filter; the query comes first. */
interface Layout {
  readonly memory: SharedMemory;
  readonly codes: number;
  readonly scales: number;
  readonly slacks: number;
  readonly firsts: number;
  readonly out: number;
}

function layOut(count: number, bytes: number): Layout {
  const codes = 65_536;
  const scales = codes + count * bytes;
  const slacks = scales + 4 * count;
  const firsts = slacks + 4 * count;
  const out = firsts + 4 * count;
  return { memory: sharedMemory(out + 8 * count), codes, scales, slacks, firsts, out };
}

/** The product's code and bound, by the product's kernel or by one that scans four codes at a time. */
export async function byteCodes(
  vectors: Matrix<Float32Array>,
  mean: Float32Array,
  kernel: 'own' | 'four at a time',
): Promise<Filter> {
  const n = vectors.columns;
  const layout = layOut(vectors.rows, n);
  const form: KernelForm = { numbers: n, as: 'bytes', together: 4, apart: false };
  const { scan } = instantiate<{ scan: Scan }>(await assemble('i8.wat', writeKernel(form)), layout.memory);
  const own = kernelOver(layout.memory);
  const coder = new Coder(mean);
  const high = new Int8Array(layout.memory.buffer, layout.codes, vectors.rows * n);
  const scales = new Float32Array(layout.memory.buffer, layout.scales, vectors.rows);
  const low = new Int8Array(n);
  for (let r = 0; r < vectors.rows; r++) {
    scales[r] = coder.encode(rowOf(vectors, r), high.subarray(r * n, (r + 1) * n), low);
  }
  return {
    name: kernel === 'own' ? 'one byte a dimension (i8)' : 'i8, four codes at a time',
    bytesPerVector: n + 4,
    prepare(probe) {
      const { numbers, step, slack, offset } = coder.query(probe);
      new Int16Array(layout.memory.buffer, 0, n).set(numbers);
      return (least) => {
        const { codes, scales: scalesAt, out } = layout;
        const wanted = below(least - offset);
        const count =
          kernel === 'own'
            ? own(codes, scalesAt, vectors.rows, n, 0, step, slack, wanted, out)
            : scan(codes, scalesAt, vectors.rows, 0, step, slack, 0, 0, wanted, out);
        return survivors(layout, count, (index, score) => {
          const reach = (scales[index] as number) * slack;
          return [offset + score - reach, offset + score + reach];
        });
      };
    },
  };
}

/**
 * The first coordinates of a principal basis in one byte each, and the length of the rest: what the rest may add is at
 * most the product of both lengths (Cauchy and Schwarz), so nothing that reaches the score is left out.
 */
export async function leadingCodes(
  vectors: Matrix<Float32Array>,
  basis: Basis,
  numbers: number,
  withRest = false,
): Promise<Filter> {
  const n = vectors.columns;
  const layout = layOut(vectors.rows, numbers);
  const form: KernelForm = { numbers, as: 'bytes', together: 4, apart: true };
  const { scan } = instantiate<{ scan: Scan }>(await assemble('leading.wat', writeKernel(form)), layout.memory);
  const codes = new Int8Array(layout.memory.buffer, layout.codes, vectors.rows * numbers);
  const scales = new Float32Array(layout.memory.buffer, layout.scales, vectors.rows);
  const rests = new Float32Array(layout.memory.buffer, layout.slacks, vectors.rows);
  const firsts = new Float32Array(layout.memory.buffer, layout.firsts, vectors.rows);
  const coordinates = new Float64Array(n);
  const middle = new Float64Array(n);
  basis.turn(basis.mean, middle);
  const others = withRest ? new RestCodes(vectors.rows, n - 1 - numbers) : undefined;
  let longestError = 0;
  let longestCode = 0;
  for (let r = 0; r < vectors.rows; r++) {
    basis.turn(rowOf(vectors, r), coordinates);
    for (let i = 0; i < n; i++) coordinates[i] = (coordinates[i] as number) - (middle[i] as number);
    firsts[r] = coordinates[0] as number;
    coordinates.copyWithin(0, 1);
    coordinates[n - 1] = 0;
    let largest = 0;
    for (let i = 0; i < numbers; i++) largest = Math.max(largest, Math.abs(coordinates[i] as number));
    const scale = Math.fround(largest / 127);
    let error = 0;
    let length = 0;
    for (let i = 0; i < numbers; i++) {
      const exact = (coordinates[i] as number) / scale;
      const code = Math.max(-127, Math.min(127, Math.round(exact)));
      codes[r * numbers + i] = code;
      error += (exact - code) ** 2;
      length += code * code;
    }
    longestError = Math.max(longestError, Math.sqrt(error));
    longestCode = Math.max(longestCode, Math.sqrt(length));
    scales[r] = scale;
    rests[r] = Math.hypot(...coordinates.subarray(numbers)) * (1 + 1e-6);
    others?.put(r, coordinates.subarray(numbers, n - 1));
  }
  return {
    name: `${numbers} leading coordinates (i8), length of the rest${withRest ? ', then the rest' : ''}`,
    bytesPerVector: numbers + 12,
    prepare(probe) {
      const q = new Float64Array(n);
      basis.turn(probe, q);
      const offset = q.reduce((sum, x, i) => sum + x * (middle[i] as number), 0);
      const first = q[0] as number;
      const head = q.subarray(1, numbers + 1);
      const rest = Math.fround(Math.hypot(...q.subarray(numbers + 1)) * (1 + 1e-6));
      const { step, error, ints } = quantise(head);
      new Int16Array(layout.memory.buffer, 0, numbers).set(ints);
      const length = Math.hypot(...head);
      const slack = Math.fround(longestError * length + longestCode * error + 2e-6 * longestCode * length);
      return (least) => {
        const wanted = below(least - offset);
        const count = scan(layout.codes, layout.scales, vectors.rows, 0, step, slack, rest, first, wanted, layout.out);
        if (others === undefined) {
          return survivors(layout, count, (index, score) => {
            const reach = (scales[index] as number) * slack + (rests[index] as number) * rest;
            return [offset + score - reach, offset + score + reach];
          });
        }
        return others.refine(
          survivors(layout, count, (index, score) => {
            const reach = (scales[index] as number) * slack;
            return [offset + score - reach, offset + score + reach];
          }),
          q.subarray(numbers + 1),
          least,
        );
      };
    },
  };
}

/** The coordinates that a first pass does not read, in one byte each. */
class RestCodes {
  readonly #numbers: number;
  readonly #codes: Int8Array;
  readonly #scales: Float32Array;
  #longestError = 0;

  constructor(count: number, numbers: number) {
    this.#numbers = numbers;
    this.#codes = new Int8Array(count * numbers);
    this.#scales = new Float32Array(count);
  }

  put(row: number, values: Float64Array): void {
    const scale = Math.fround(values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127);
    let error = 0;
    for (const [i, x] of values.entries()) {
      const code = Math.max(-127, Math.min(127, Math.round(x / scale)));
      this.#codes[row * this.#numbers + i] = code;
      error += (x / scale - code) ** 2;
    }
    this.#scales[row] = scale;
    this.#longestError = Math.max(this.#longestError, Math.sqrt(error));
  }

  /** @param first bounds the scores of the coordinates that were read alone */
  refine(first: Survivors, query: Float64Array, least: number): Survivors {
    const numbers = this.#numbers;
    const codes = this.#codes;
    const slack = this.#longestError * Math.hypot(...query) * (1 + 1e-6);
    const kept: number[] = [];
    const lowest: number[] = [];
    const highest: number[] = [];
    for (let i = 0; i < first.count; i++) {
      const index = first.index(i);
      const at = index * numbers;
      let sum = 0;
      for (let k = 0; k < numbers; k++) sum += (query[k] as number) * (codes[at + k] as number);
      const scale = this.#scales[index] as number;
      const high = first.highest(i) + scale * (sum + slack);
      if (high < least) continue;
      kept.push(index);
      highest.push(high);
      lowest.push(first.lowest(i) + scale * (sum - slack));
    }
    return {
      count: kept.length,
      read: first.count,
      index: (i) => kept[i] as number,
      lowest: (i) => lowest[i] as number,
      highest: (i) => highest[i] as number,
    };
  }
}

/** Four bits a coordinate of a basis whose first coordinate is kept apart in full, and each code's own error. */
export async function nibbleCodes(vectors: Matrix<Float32Array>, basis: Basis): Promise<Filter> {
  const n = vectors.columns;
  const bytes = n / 2;
  const layout = layOut(vectors.rows, bytes);
  const form: KernelForm = { numbers: n, as: 'nibbles', together: 4, apart: true };
  const { scan } = instantiate<{ scan: Scan }>(await assemble('nibbles.wat', writeKernel(form)), layout.memory);
  const codes = new Uint8Array(layout.memory.buffer, layout.codes, vectors.rows * bytes);
  const scales = new Float32Array(layout.memory.buffer, layout.scales, vectors.rows);
  const errors = new Float32Array(layout.memory.buffer, layout.slacks, vectors.rows);
  const firsts = new Float32Array(layout.memory.buffer, layout.firsts, vectors.rows);
  const coordinates = new Float64Array(n);
  const middle = new Float64Array(n);
  basis.turn(basis.mean, middle);
  // Where a nibble's number stands in the query: as the kernel unpacks them.
  const placeOf = (i: number): { byte: number; high: boolean } => {
    const part = Math.floor(i / 32);
    const inside = i % 32;
    return { byte: 16 * part + (inside % 16), high: inside >= 16 };
  };
  for (let r = 0; r < vectors.rows; r++) {
    basis.turn(rowOf(vectors, r), coordinates);
    for (let i = 0; i < n; i++) coordinates[i] = (coordinates[i] as number) - (middle[i] as number);
    firsts[r] = coordinates[0] as number;
    coordinates[0] = 0;
    let largest = 0;
    for (let i = 1; i < n; i++) largest = Math.max(largest, Math.abs(coordinates[i] as number));
    // A little less than the largest needs: what is cut off there, the others gain.
    const scale = Math.fround((0.85 * largest) / 7);
    let error = 0;
    for (let i = 0; i < n; i++) {
      const exact = (coordinates[i] as number) / scale;
      const code = Math.max(-8, Math.min(7, Math.round(exact)));
      const { byte, high } = placeOf(i);
      const at = r * bytes + byte;
      codes[at] = (codes[at] as number) | ((code + 8) << (high ? 4 : 0));
      error += (exact - code) ** 2;
    }
    scales[r] = scale;
    errors[r] = Math.sqrt(error) * scale * (1 + 1e-5);
  }
  return {
    name: 'four bits a dimension, each its own bound',
    bytesPerVector: bytes + 12,
    prepare(probe) {
      const q = new Float64Array(n);
      basis.turn(probe, q);
      const offset = q.reduce((sum, x, i) => sum + x * (middle[i] as number), 0);
      const first = q[0] as number;
      q[0] = 0;
      const { step, error, ints } = quantise(q);
      new Int16Array(layout.memory.buffer, 0, n).set(ints);
      const across = Math.hypot(...q);
      const shift = -8 * ints.reduce((sum, x) => sum + x, 0) * step;
      const slack = Math.fround(shift + 8 * Math.sqrt(n) * error);
      return (least) => {
        const wanted = below(least - offset);
        const own = Math.fround(across);
        const count = scan(layout.codes, layout.scales, vectors.rows, 0, step, slack, own, first, wanted, layout.out);
        return survivors(layout, count, (index, score) => {
          const exact = offset + score + (scales[index] as number) * shift;
          const reach = (errors[index] as number) * across + (scales[index] as number) * 8 * Math.sqrt(n) * error;
          return [exact - reach - 1e-6, exact + reach + 1e-6];
        });
      };
    },
  };
}

/** As 16-bit numbers: `value = step * int`, and the length of what that loses. */
function quantise(values: Float64Array): { step: number; error: number; ints: Int16Array } {
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const step = Math.fround(largest / 16_383) || 1;
  const ints = Int16Array.from(values, (x) => Math.round(x / step));
  const error = Math.hypot(...values.map((x, i) => x - (ints[i] as number) * step));
  return { step, error, ints };
}

/** A little less, for what float32 loses. */
function below(least: number): number {
  return least - 2e-6 * (1 + Math.abs(least));
}

function survivors(
  { memory, out }: Layout,
  count: number,
  bounds: (index: number, score: number) => readonly [number, number],
): Survivors {
  const indexes = new Int32Array(memory.buffer, out, 2 * count);
  const scores = new Float32Array(memory.buffer, out, 2 * count);
  const of = (i: number) => bounds(indexes[2 * i] as number, scores[2 * i + 1] as number);
  return {
    count,
    index: (i) => indexes[2 * i] as number,
    lowest: (i) => of(i)[0],
    highest: (i) => of(i)[1],
  };
}
