import { type GroupCodes, IndexMemoryError, VECTORS_PER_GROUP } from '../ports/vectors.ts';
import type { Arena } from './codes/arena.ts';
import { bytesPerCode, Coder, fineScore, partsOf } from './codes/codes.ts';
import { type Block, capacityFor, Groups, type GroupTable } from './codes/groups.ts';
import { IdTable } from './id-table.ts';
import type { PreparedProbe } from './prepared-probe.ts';

const WORDS = 4;

/** Where a change took place: one slot, or a whole group that was laid elsewhere. */
export type Change = { readonly slot: number } | { readonly group: number };

/**
 * The vectors of a large space as codes, in groups: slot = group x 4096 + place. A group's codes stand dense from its
 * front: what is removed is overwritten by the last of the group, and a group that is mostly empty is laid into a
 * smaller block at once, so that nothing is left to compact.
 */
export class CodedVectors {
  readonly coder: Coder;
  readonly #groups: Groups;
  readonly #onChange: (change: Change) => void;
  readonly #ids: IdTable;
  /** Groups that may have room, for vectors without a group of their own. */
  #roomy: number[] = [];

  constructor(arena: Arena, mean: Float32Array, onChange: (change: Change) => void) {
    this.coder = new Coder(mean);
    this.#groups = new Groups(arena, mean.length);
    this.#onChange = onChange;
    this.#ids = new IdTable({
      arrayOf: (slot) => this.#groups.at(Math.floor(slot / VECTORS_PER_GROUP))?.ids,
      offsetOf: (slot) => (slot % VECTORS_PER_GROUP) * WORDS,
    });
  }

  get size(): number {
    return this.#ids.size;
  }

  get memoryBytes(): number {
    return this.#groups.memoryBytes + this.#ids.memoryBytes;
  }

  get table(): GroupTable {
    return this.#groups.table;
  }

  has(id: string): boolean {
    return this.#ids.slotOf(id) !== undefined;
  }

  idOf(slot: number): string | undefined {
    return this.#ids.idOf(slot);
  }

  reserve(more: number): void {
    this.#ids.reserve(more);
  }

  /** @throws {IndexMemoryError} when the system gives no more memory */
  put(id: string, vector: Float32Array, group: number | undefined): void {
    const known = this.#ids.slotOf(id);
    if (known !== undefined) {
      this.#encode(known, vector);
      this.#onChange({ slot: known });
      return;
    }
    const own = group ?? this.#groupWithRoom();
    const block = this.#withRoom(own);
    const slot = own * VECTORS_PER_GROUP + block.count;
    this.#encode(slot, vector);
    this.#ids.set(slot, id);
    this.#groups.setCount(own, block.count + 1);
    this.#onChange({ slot });
  }

  remove(id: string): void {
    const slot = this.#ids.slotOf(id);
    if (slot === undefined) return;
    const group = Math.floor(slot / VECTORS_PER_GROUP);
    const block = this.#groups.at(group) as Block;
    const at = slot % VECTORS_PER_GROUP;
    const last = block.count - 1;
    const { padded } = this.coder;
    this.#ids.delete(slot);
    block.scales[at] = Number.NaN;
    if (at !== last) {
      for (const plane of [0, block.low]) {
        block.codes.copyWithin(plane + at * padded, plane + last * padded, plane + (last + 1) * padded);
      }
      this.#ids.move(slot - at + last, slot);
      block.scales[at] = block.scales[last] as number;
      this.#onChange({ slot });
    }
    block.scales[last] = Number.NaN;
    for (const plane of [0, block.low]) {
      block.codes.fill(0, plane + last * padded, plane + (last + 1) * padded);
    }
    this.#groups.setCount(group, last);
    this.#onChange({ slot: slot - at + last });
    if (last === 0) {
      this.#groups.drop(group);
      this.#onChange({ group });
    } else if (4 * last <= block.capacity && this.#groups.resize(group, 2 * last) !== undefined) {
      this.#onChange({ group });
    }
    this.#roomy.push(group);
  }

  prepare(probe: Float32Array): PreparedProbe {
    const query = this.coder.query(probe);
    return {
      over: { table: this.#groups.table, query },
      isExact: false,
      score: (slot) => {
        const block = this.#groups.at(Math.floor(slot / VECTORS_PER_GROUP));
        const at = slot % VECTORS_PER_GROUP;
        if (block === undefined || at >= block.count) return undefined;
        const scale = block.scales[at] as number;
        const score = fineScore(block.codes, at * this.coder.padded, block.low, scale, probe, query);
        return { score, reach: scale * query.fineSlack };
      },
    };
  }

  /** The slots of a group that hold something. */
  *slotsOf(group: number): Generator<number> {
    const count = this.#groups.at(group)?.count ?? 0;
    for (let i = 0; i < count; i++) yield group * VECTORS_PER_GROUP + i;
  }

  /** Every slot that holds something. */
  *slots(): Generator<number> {
    for (let group = 0; group < this.#groups.length; group++) yield* this.slotsOf(group);
  }

  readGroup(group: number): GroupCodes | undefined {
    const block = this.#groups.at(group);
    if (block === undefined || !this.#ids.plain) return undefined;
    const { count } = block;
    const parts = partsOf(count, this.coder.dimensions);
    const bytes = new Uint8Array(parts.end);
    const plane = count * this.coder.padded;
    bytes.set(bytesOf(block.codes, 0, plane));
    bytes.set(bytesOf(block.codes, block.low, plane), parts.low);
    bytes.set(bytesOf(block.scales, 0, count), parts.scales);
    bytes.set(bytesOf(block.ids, 0, WORDS * count), parts.ids);
    return { group, count, bytes, bounds: [...this.coder.bounds] };
  }

  /** @throws {RangeError} when it is not of this form @throws {IndexMemoryError} */
  putGroup({ group, count, bytes, bounds }: GroupCodes): void {
    const { dimensions, padded } = this.coder;
    if (!(count > 0 && count <= VECTORS_PER_GROUP) || bytes.length !== count * bytesPerCode(dimensions)) {
      throw new RangeError('the codes of a group have another length');
    }
    if (this.#groups.at(group) !== undefined) throw new RangeError(`group ${group} is held already`);
    this.coder.widen(bounds);
    const block = this.#resized(group, count);
    const parts = partsOf(count, dimensions);
    const plane = count * padded;
    bytesOf(block.codes, 0, plane).set(bytes.subarray(0, plane));
    bytesOf(block.codes, block.low, plane).set(bytes.subarray(parts.low, parts.low + plane));
    bytesOf(block.ids, 0, WORDS * count).set(bytes.subarray(parts.ids, parts.end));
    bytesOf(block.scales, 0, count).set(bytes.subarray(parts.scales, parts.ids));
    this.#ids.enterAll(group * VECTORS_PER_GROUP, block.ids, count);
    this.#groups.setCount(group, count);
    this.#onChange({ group });
  }

  /** Overwrites everything; of no use afterwards. */
  erase(): void {
    this.#groups.erase();
    this.#ids.clear();
  }

  #encode(slot: number, vector: Float32Array): void {
    const block = this.#groups.at(Math.floor(slot / VECTORS_PER_GROUP)) as Block;
    const at = slot % VECTORS_PER_GROUP;
    const { padded } = this.coder;
    const first = at * padded;
    // A scan that sees half of a code is told that its slot has changed.
    block.scales[at] = Number.NaN;
    const high = block.codes.subarray(first, first + padded);
    const low = block.codes.subarray(block.low + first, block.low + first + padded);
    block.scales[at] = this.coder.encode(vector, high, low);
  }

  #withRoom(group: number): Block {
    const block = this.#groups.at(group);
    if (block !== undefined && block.count < block.capacity) return block;
    const count = block?.count ?? 0;
    if (count === VECTORS_PER_GROUP) throw new RangeError(`group ${group} is full`);
    const resized = this.#resized(group, count + 1);
    if (block !== undefined) this.#onChange({ group });
    return resized;
  }

  #resized(group: number, codes: number): Block {
    const block = this.#groups.resize(group, codes);
    if (block !== undefined) return block;
    throw new IndexMemoryError(capacityFor(codes) * bytesPerCode(this.coder.dimensions), 0);
  }

  #groupWithRoom(): number {
    for (;;) {
      const group = this.#roomy.at(-1);
      if (group === undefined) break;
      if ((this.#groups.at(group)?.count ?? 0) < VECTORS_PER_GROUP) return group;
      this.#roomy.pop();
    }
    const fresh = this.#groups.length;
    this.#roomy = [fresh];
    return fresh;
  }
}

function bytesOf(array: Int8Array | Float32Array | Uint32Array, from: number, length: number): Uint8Array {
  return new Uint8Array(
    array.buffer,
    array.byteOffset + from * array.BYTES_PER_ELEMENT,
    length * array.BYTES_PER_ELEMENT,
  );
}
