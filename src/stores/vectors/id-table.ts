const WORDS = 4;
const FIRST_PLACES = 128;
const FULLEST = 0.7;
/** A table that is made anew is at most so full: of one that is mostly places left, the new one is no longer. */
const FULLEST_ANEW = 0.65;
const EMPTY = 0;
const LEFT = -1;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const zeros = '00000000-0000-0000-0000-000000000000';

type Uuid = readonly [number, number, number, number];

/** Where the UUIDs of slots stand, four words each; all zero where there is none. */
export interface SlotWords {
  /** The array that holds a slot's words; undefined for a slot that there is not. */
  arrayOf(slot: number): Uint32Array | undefined;
  /** Where in it they begin. */
  offsetOf(slot: number): number;
}

/**
 * Which id stands in which slot, both ways. A UUID takes 16 bytes where the slots keep it and 6 to 11 here, where
 * strings in a map take some 160 and a map ends at 16.7 million; other ids are kept as they are.
 */
export class IdTable {
  readonly #words: SlotWords;
  /** A hash table of slots, each one more than it is; a power of two long. */
  #places = new Int32Array(FIRST_PLACES);
  /** Places that are not empty, those that were left included. */
  #used = 0;
  #uuids = 0;
  readonly #slotOfOther = new Map<string, number>();
  readonly #otherOfSlot = new Map<number, string>();

  constructor(words: SlotWords) {
    this.#words = words;
  }

  get size(): number {
    return this.#uuids + this.#slotOfOther.size;
  }

  /** Without the words of the slots. */
  get memoryBytes(): number {
    return this.#places.byteLength + this.#slotOfOther.size * BYTES_PER_OTHER;
  }

  /** Whether all ids are UUIDs, so that the slots' words tell everything. */
  get plain(): boolean {
    return this.#slotOfOther.size === 0;
  }

  slotOf(id: string): number | undefined {
    const uuid = parse(id);
    if (uuid === undefined) return this.#slotOfOther.get(id);
    const place = this.#placeOf(...uuid);
    return place === undefined ? undefined : (this.#places[place] as number) - 1;
  }

  idOf(slot: number): string | undefined {
    const other = this.#otherOfSlot.get(slot);
    if (other !== undefined) return other;
    const words = this.#words.arrayOf(slot);
    const at = this.#words.offsetOf(slot);
    return words === undefined || isZero(words, at) ? undefined : format(words, at);
  }

  has(slot: number): boolean {
    if (this.#otherOfSlot.has(slot)) return true;
    const words = this.#words.arrayOf(slot);
    return words !== undefined && !isZero(words, this.#words.offsetOf(slot));
  }

  /** Makes room for so many UUIDs at once. */
  reserve(more: number): void {
    const needed = this.#uuids + more;
    const isFull = this.#used + more > FULLEST * this.#places.length;
    if (isFull || needed > FULLEST_ANEW * this.#places.length) this.#rehash(needed);
  }

  /** The slot must be free, and the id not in the table. */
  set(slot: number, id: string): void {
    const uuid = parse(id);
    if (uuid === undefined) {
      this.#slotOfOther.set(id, slot);
      this.#otherOfSlot.set(slot, id);
      return;
    }
    const words = this.#words.arrayOf(slot);
    if (words === undefined) throw new RangeError(`there is no slot ${slot}`);
    words.set(uuid, this.#words.offsetOf(slot));
    if (this.#used + 1 > FULLEST * this.#places.length) this.#rehash(this.#uuids + 1);
    this.#enter(slot);
    this.#uuids += 1;
  }

  /** Takes in slots one after the other whose words stand in `words` already, UUIDs that are not in the table. */
  enterAll(firstSlot: number, words: Uint32Array, count: number): void {
    this.reserve(count);
    const places = this.#places;
    const mask = places.length - 1;
    for (let i = 0, at = 0; i < count; i++, at += WORDS) {
      let place =
        hash(words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number) & mask;
      while (places[place] !== EMPTY) place = (place + 1) & mask;
      places[place] = firstSlot + i + 1;
    }
    this.#used += count;
    this.#uuids += count;
  }

  /** Forgets the id of a slot, and overwrites it. */
  delete(slot: number): void {
    const other = this.#otherOfSlot.get(slot);
    if (other !== undefined) {
      this.#otherOfSlot.delete(slot);
      this.#slotOfOther.delete(other);
      return;
    }
    const place = this.#placeOfSlot(slot);
    if (place === undefined) return;
    this.#places[place] = LEFT;
    const at = this.#words.offsetOf(slot);
    this.#words.arrayOf(slot)?.fill(0, at, at + WORDS);
    this.#uuids -= 1;
  }

  /** Gives the id of a slot to one that is free. */
  move(from: number, to: number): void {
    const other = this.#otherOfSlot.get(from);
    if (other !== undefined) {
      this.#otherOfSlot.delete(from);
      this.#otherOfSlot.set(to, other);
      this.#slotOfOther.set(other, to);
      return;
    }
    const place = this.#placeOfSlot(from);
    const words = this.#words.arrayOf(from);
    const target = this.#words.arrayOf(to);
    if (place === undefined || words === undefined || target === undefined) return;
    const at = this.#words.offsetOf(from);
    target.set(words.subarray(at, at + WORDS), this.#words.offsetOf(to));
    words.fill(0, at, at + WORDS);
    this.#places[place] = to + 1;
  }

  clear(): void {
    this.#places = new Int32Array(FIRST_PLACES);
    this.#used = 0;
    this.#uuids = 0;
    this.#slotOfOther.clear();
    this.#otherOfSlot.clear();
  }

  #placeOfSlot(slot: number): number | undefined {
    const words = this.#words.arrayOf(slot);
    if (words === undefined) return undefined;
    const at = this.#words.offsetOf(slot);
    return this.#placeOf(
      words[at] as number,
      words[at + 1] as number,
      words[at + 2] as number,
      words[at + 3] as number,
    );
  }

  #placeOf(a: number, b: number, c: number, d: number): number | undefined {
    const mask = this.#places.length - 1;
    for (let place = hash(a, b, c, d) & mask; ; place = (place + 1) & mask) {
      const entry = this.#places[place] as number;
      if (entry === EMPTY) return undefined;
      if (entry === LEFT) continue;
      const words = this.#words.arrayOf(entry - 1);
      const at = this.#words.offsetOf(entry - 1);
      if (words?.[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return place;
    }
  }

  #enter(slot: number): void {
    const words = this.#words.arrayOf(slot) as Uint32Array;
    const at = this.#words.offsetOf(slot);
    const mask = this.#places.length - 1;
    let place =
      hash(words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number) & mask;
    while (this.#places[place] !== EMPTY) place = (place + 1) & mask;
    this.#places[place] = slot + 1;
    this.#used += 1;
  }

  /** Makes room, and drops the places that were left. */
  #rehash(needed: number): void {
    const before = this.#places;
    let length = FIRST_PLACES;
    while (needed > FULLEST_ANEW * length) length *= 2;
    this.#places = new Int32Array(length);
    this.#used = 0;
    for (const entry of before) if (entry > 0) this.#enter(entry - 1);
  }
}

/** What an id that is no UUID costs, with its two entries; an estimate. */
const BYTES_PER_OTHER = 160;

/** The UUID of zeros alone is none here: it is what an empty slot looks like. */
function parse(id: string): Uuid | undefined {
  if (id.length !== 36 || !uuidPattern.test(id) || id === zeros) return undefined;
  const word = (from: number, length: number) => Number.parseInt(id.slice(from, from + length), 16);
  return [word(0, 8), word(9, 4) * 65_536 + word(14, 4), word(19, 4) * 65_536 + word(24, 4), word(28, 8)];
}

function isZero(words: Uint32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0;
}

function format(words: Uint32Array, at: number): string {
  const hex = Array.from(words.subarray(at, at + WORDS), (word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Mixes all words, because ids may count up in one of them. */
function hash(a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(a ^ (b >>> 15), 0x85eb_ca6b) ^ Math.imul(c ^ (d << 7), 0xc2b2_ae35) ^ b ^ d;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb_352d);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
