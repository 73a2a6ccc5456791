import { VECTORS_PER_GROUP } from '../../ports/vectors.ts';
import type { Arena, Extent } from './arena.ts';
import { bytesPerCode, partsOf } from './codes.ts';

/** Groups are as large as one pass takes at once: a high plane of 128 dimensions (0.5 MB) stays in a core's cache for every query. */
const SMALLEST_BLOCK = 64;
const FIRST_TABLE = 64;
const TABLE_FIELDS = 2;
const EXTENT = 0;
const COUNT = 1;

/** A group's codes, dense from the front. */
export interface Block {
  readonly extent: Extent;
  readonly capacity: number;
  count: number;
  /** Where its low plane begins. */
  readonly low: number;
  /** Both planes. */
  readonly codes: Int8Array;
  /** `[capacity]`; not a number where nothing stands. */
  readonly scales: Float32Array;
  /** `[capacity, 4]`. */
  readonly ids: Uint32Array;
}

/** Where every group of a space lies and how many codes it has, in memory that threads share. */
export type GroupTable = Int32Array;

/** A table's entry for a group: the number of its extent, and its codes. */
export function groupIn(table: GroupTable, group: number): { extent: number; count: number } | undefined {
  const extent = Atomics.load(table, group * TABLE_FIELDS + EXTENT) - 1;
  return extent < 0 ? undefined : { extent, count: Atomics.load(table, group * TABLE_FIELDS + COUNT) };
}

/** Groups that a table has room for. */
export function groupsIn(table: GroupTable): number {
  return table.length / TABLE_FIELDS;
}

/** The blocks of a space's groups; who changes them tells scans that run which places have changed. */
export class Groups {
  readonly dimensions: number;
  readonly #arena: Arena;
  readonly #blocks: (Block | undefined)[] = [];
  #table: GroupTable = new Int32Array(new SharedArrayBuffer(4 * TABLE_FIELDS * FIRST_TABLE));
  #bytes = 0;

  constructor(arena: Arena, dimensions: number) {
    this.#arena = arena;
    this.dimensions = dimensions;
  }

  get table(): GroupTable {
    return this.#table;
  }

  get memoryBytes(): number {
    return this.#bytes + this.#table.byteLength;
  }

  /** The groups that there may be: numbers below it. */
  get length(): number {
    return this.#blocks.length;
  }

  at(group: number): Block | undefined {
    return this.#blocks[group];
  }

  /** Gives a group a block for so many codes, with what it held. @returns undefined when there is no memory for it */
  resize(group: number, codes: number): Block | undefined {
    const capacity = capacityFor(codes);
    const before = this.#blocks[group];
    if (before?.capacity === capacity) return before;
    const { dimensions } = this;
    const bytes = capacity * bytesPerCode(dimensions);
    const extent = this.#arena.allocate(bytes);
    if (extent === undefined) return undefined;
    const parts = partsOf(capacity, dimensions);
    const { buffer, byteOffset } = this.#arena.view(extent);
    const block: Block = {
      extent,
      capacity,
      count: before?.count ?? 0,
      low: parts.low,
      codes: new Int8Array(buffer, byteOffset, parts.scales),
      scales: new Float32Array(buffer, byteOffset + parts.scales, capacity).fill(Number.NaN),
      ids: new Uint32Array(buffer, byteOffset + parts.ids, 4 * capacity),
    };
    if (before !== undefined) {
      const plane = (before.count * parts.low) / capacity;
      block.codes.set(before.codes.subarray(0, plane));
      block.codes.set(before.codes.subarray(before.low, before.low + plane), block.low);
      block.ids.set(before.ids.subarray(0, 4 * before.count));
      block.scales.set(before.scales.subarray(0, before.count));
    }
    this.#blocks[group] = block;
    this.#bytes += bytes;
    this.#tell(group, block);
    if (before !== undefined) this.#release(before);
    return block;
  }

  setCount(group: number, count: number): void {
    const block = this.#blocks[group];
    if (block === undefined) return;
    block.count = count;
    Atomics.store(this.#table, group * TABLE_FIELDS + COUNT, count);
  }

  /** Overwrites a group and gives its memory back. */
  drop(group: number): void {
    const block = this.#blocks[group];
    if (block === undefined) return;
    this.#blocks[group] = undefined;
    this.#tell(group, undefined);
    this.#release(block);
  }

  /** Overwrites everything. */
  erase(): void {
    for (let group = 0; group < this.#blocks.length; group++) this.drop(group);
    this.#blocks.length = 0;
  }

  #release(block: Block): void {
    this.#bytes -= block.extent.bytes;
    this.#arena.release(block.extent);
  }

  #tell(group: number, block: Block | undefined): void {
    if (group >= groupsIn(this.#table)) {
      // A scan that runs goes on with the table it was given; what comes later it is told as changed.
      const longer = new Int32Array(new SharedArrayBuffer(8 * TABLE_FIELDS * Math.max(group, FIRST_TABLE)));
      longer.set(this.#table);
      this.#table = longer;
    }
    // Never a new block with the count of a longer one: a scan bounds what it reads by the block's own length.
    Atomics.store(this.#table, group * TABLE_FIELDS + COUNT, block?.count ?? 0);
    Atomics.store(this.#table, group * TABLE_FIELDS + EXTENT, block === undefined ? 0 : block.extent.number + 1);
  }
}

/** A power of two from the smallest block to a whole group. */
export function capacityFor(codes: number): number {
  if (codes > VECTORS_PER_GROUP) throw new RangeError(`a group holds ${VECTORS_PER_GROUP} vectors`);
  let capacity = SMALLEST_BLOCK;
  while (capacity < codes) capacity *= 2;
  return capacity;
}
