import type { Arena, Extent } from './arena.ts';

/** Codes that stand together: few enough that a block of 128 dimensions (0.5 MB) stays in a core's cache for every query of a pass. */
export const BLOCK_CODES = 4096;
const LANES = 64;
const LARGEST_CODE = 127;

/** A block of codes as every thread finds it: `BLOCK_CODES` codes, then as many f32 scales. */
export type CodeBlock = Extent;

/** A probe in the form that the kernel takes. */
export interface CodeQuery {
  /** `[padded dimensions]`: the probe over `step`. */
  readonly numbers: Int16Array;
  readonly step: number;
  /** Times a code's scale: how far its score may be from the truth. */
  readonly slack: number;
  /** What a score lacks of the truth: the probe's product with the mean that no code holds. */
  readonly offset: number;
}

/** Dimensions of a code: the next multiple of 64. */
export function paddedDimensions(dimensions: number): number {
  return Math.ceil(dimensions / LANES) * LANES;
}

/** Bytes of a block. */
export function blockBytes(dimensions: number): number {
  return BLOCK_CODES * (paddedDimensions(dimensions) + Float32Array.BYTES_PER_ELEMENT);
}

interface OpenBlock extends Extent {
  readonly codes: Int8Array;
  readonly scales: Float32Array;
}

/**
 * One byte a dimension for every vector of a space, by slot: `vector = mean + scale * code + error`. The mean of the
 * first vectors is taken off because templates have much in common (their first dimension is near .85 for everyone),
 * which would cost the code its precision. How long an error may be is kept with the codes, so that a scan can tell
 * which vectors may reach a score, and leaves out none that does.
 */
export class Codes {
  readonly blocks: CodeBlock[] = [];
  readonly dimensions: number;
  readonly #arena: Arena;
  readonly #open: OpenBlock[] = [];
  readonly #mean: Float32Array;
  /** Length of the longest error, in scales. */
  #longestError = 0;
  /** Length of the longest code. */
  #longestCode = 0;

  /** @param mean `[dimensions]`, of the vectors that come or of some of them */
  constructor(arena: Arena, mean: Float32Array) {
    this.#arena = arena;
    this.#mean = mean;
    this.dimensions = mean.length;
  }

  /**
   * Codes a vector.
   *
   * @returns false when there is no memory for it
   */
  put(slot: number, vector: Float32Array): boolean {
    const block = this.#blockOf(slot);
    if (block === undefined) return false;
    const { dimensions } = this;
    const mean = this.#mean;
    const at = slot % BLOCK_CODES;
    // A scan that sees half of a code is told that its slot has changed.
    block.scales[at] = Number.NaN;
    let largest = 0;
    for (let i = 0; i < dimensions; i++) {
      const size = Math.abs((vector[i] as number) - (mean[i] as number));
      if (size > largest) largest = size;
    }
    const scale = Math.fround(largest / LARGEST_CODE);
    const { codes } = block;
    const first = at * paddedDimensions(dimensions);
    if (scale === 0) {
      codes.fill(0, first, first + dimensions);
    } else {
      let error = 0;
      let length = 0;
      for (let i = 0; i < dimensions; i++) {
        const exact = ((vector[i] as number) - (mean[i] as number)) / scale;
        const code = Math.max(-LARGEST_CODE, Math.min(LARGEST_CODE, Math.round(exact)));
        codes[first + i] = code;
        error += (exact - code) ** 2;
        length += code * code;
      }
      this.#longestError = Math.max(this.#longestError, Math.sqrt(error));
      this.#longestCode = Math.max(this.#longestCode, Math.sqrt(length));
    }
    block.scales[at] = scale;
    return true;
  }

  /** Overwrites a code. */
  remove(slot: number): void {
    const block = this.#open[Math.floor(slot / BLOCK_CODES)];
    if (block === undefined) return;
    const at = slot % BLOCK_CODES;
    const padded = paddedDimensions(this.dimensions);
    block.scales[at] = Number.NaN;
    block.codes.fill(0, at * padded, (at + 1) * padded);
  }

  /** Puts a probe into the kernel's form, for the codes that stand now. */
  query(probe: Float32Array): CodeQuery {
    const padded = paddedDimensions(this.dimensions);
    let largest = 0;
    let length = 0;
    let offset = 0;
    for (let i = 0; i < this.dimensions; i++) {
      const value = probe[i] as number;
      largest = Math.max(largest, Math.abs(value));
      length += value * value;
      offset += value * (this.#mean[i] as number);
    }
    length = Math.sqrt(length);
    // As fine as 16 bits and a sum in 32 bits allow.
    const finest = Math.min(32_767, Math.floor((2 ** 31 - 1) / (LARGEST_CODE * padded)));
    const step = Math.fround(largest / finest) || 1;
    const numbers = new Int16Array(padded);
    let error = 0;
    for (let i = 0; i < this.dimensions; i++) {
      const exact = (probe[i] as number) / step;
      numbers[i] = Math.max(-finest, Math.min(finest, Math.round(exact)));
      error += (exact - (numbers[i] as number)) ** 2;
    }
    // Cauchy and Schwarz for both roundings; the last term is for what float32 loses, ten times over.
    const slack =
      this.#longestError * length + this.#longestCode * Math.sqrt(error) * step + 1e-6 * this.#longestCode * length;
    return { numbers, step, slack: Math.fround(slack * (1 + 1e-6)), offset };
  }

  /** Overwrites everything and gives the memory back. */
  erase(): void {
    for (const block of this.#open.splice(0)) this.#arena.release(block, blockBytes(this.dimensions));
    this.blocks.length = 0;
  }

  get memoryBytes(): number {
    return this.#open.length * blockBytes(this.dimensions);
  }

  #blockOf(slot: number): OpenBlock | undefined {
    const index = Math.floor(slot / BLOCK_CODES);
    while (this.#open.length <= index) {
      const extent = this.#arena.allocate(blockBytes(this.dimensions));
      if (extent === undefined) return undefined;
      const { buffer } = this.#arena.memories[extent.memory] as WebAssembly.Memory;
      const codeBytes = BLOCK_CODES * paddedDimensions(this.dimensions);
      this.#open.push({
        ...extent,
        codes: new Int8Array(buffer, extent.offset, codeBytes),
        scales: new Float32Array(buffer, extent.offset + codeBytes, BLOCK_CODES).fill(Number.NaN),
      });
      this.blocks.push(extent);
    }
    return this.#open[index];
  }
}
