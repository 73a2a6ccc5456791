const WORDS = 4;
const CHUNK_SLOTS = 65_536;
const FIRST_PLACES = 128;
const FULLEST = 0.7;
/** A table that is made anew is at most so full: of one that is mostly places left, the new one is no longer. */
const FULLEST_ANEW = 0.65;
const EMPTY = 0;
const LEFT = -1;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const zeros = '00000000-0000-0000-0000-000000000000';

type Uuid = readonly [number, number, number, number];

/**
 * Which id stands in which slot, both ways. A UUID takes 22 to 27 bytes, where strings in a map take some 160 and a map
 * ends at 16.7 million; other ids are kept as they are.
 */
export class IdTable {
  /** The UUIDs by slot, four words each. */
  readonly #words: Uint32Array[] = [];
  /** A hash table of slots, each one more than it is; a power of two long. */
  #places = new Int32Array(FIRST_PLACES);
  /** Places that are not empty, those that were left included. */
  #used = 0;
  #uuids = 0;
  readonly #slotOfOther = new Map<string, number>();
  readonly #otherOfSlot = new Map<number, string>();

  get size(): number {
    return this.#uuids + this.#slotOfOther.size;
  }

  get memoryBytes(): number {
    const words = this.#words.length * CHUNK_SLOTS * WORDS * Uint32Array.BYTES_PER_ELEMENT;
    return words + this.#places.byteLength + this.#slotOfOther.size * BYTES_PER_OTHER;
  }

  slotOf(id: string): number | undefined {
    const uuid = parse(id);
    if (uuid === undefined) return this.#slotOfOther.get(id);
    const place = this.#placeOf(uuid);
    return place === undefined ? undefined : (this.#places[place] as number) - 1;
  }

  idOf(slot: number): string | undefined {
    const other = this.#otherOfSlot.get(slot);
    if (other !== undefined) return other;
    const words = this.#wordsOf(slot);
    return words?.some((word) => word !== 0) ? format(words) : undefined;
  }

  has(slot: number): boolean {
    return this.#otherOfSlot.has(slot) || (this.#wordsOf(slot)?.some((word) => word !== 0) ?? false);
  }

  /** The slot must be free, and the id not in the table. */
  set(slot: number, id: string): void {
    const uuid = parse(id);
    if (uuid === undefined) {
      this.#slotOfOther.set(id, slot);
      this.#otherOfSlot.set(slot, id);
      return;
    }
    while (this.#words.length * CHUNK_SLOTS <= slot) this.#words.push(new Uint32Array(CHUNK_SLOTS * WORDS));
    this.#wordsOf(slot)?.set(uuid);
    if (this.#used + 1 > FULLEST * this.#places.length) this.#rehash();
    this.#enter(slot, uuid);
    this.#uuids += 1;
  }

  /** Forgets the id of a slot, and overwrites it. */
  delete(slot: number): void {
    const other = this.#otherOfSlot.get(slot);
    if (other !== undefined) {
      this.#otherOfSlot.delete(slot);
      this.#slotOfOther.delete(other);
      return;
    }
    const words = this.#wordsOf(slot);
    if (words === undefined) return;
    const place = this.#placeOf([...words] as unknown as Uuid);
    if (place === undefined) return;
    this.#places[place] = LEFT;
    words.fill(0);
    this.#uuids -= 1;
  }

  clear(): void {
    this.#words.length = 0;
    this.#places = new Int32Array(FIRST_PLACES);
    this.#used = 0;
    this.#uuids = 0;
    this.#slotOfOther.clear();
    this.#otherOfSlot.clear();
  }

  #wordsOf(slot: number): Uint32Array | undefined {
    const at = (slot % CHUNK_SLOTS) * WORDS;
    return this.#words[Math.floor(slot / CHUNK_SLOTS)]?.subarray(at, at + WORDS);
  }

  #placeOf(uuid: Uuid): number | undefined {
    const mask = this.#places.length - 1;
    for (let place = hash(uuid) & mask; ; place = (place + 1) & mask) {
      const entry = this.#places[place] as number;
      if (entry === EMPTY) return undefined;
      if (entry !== LEFT && sameWords(this.#wordsOf(entry - 1), uuid)) return place;
    }
  }

  #enter(slot: number, uuid: Uuid): void {
    const mask = this.#places.length - 1;
    let place = hash(uuid) & mask;
    while (this.#places[place] !== EMPTY) place = (place + 1) & mask;
    this.#places[place] = slot + 1;
    this.#used += 1;
  }

  /** Makes room, and drops the places that were left. */
  #rehash(): void {
    const before = this.#places;
    let length = FIRST_PLACES;
    while (this.#uuids + 1 > FULLEST_ANEW * length) length *= 2;
    this.#places = new Int32Array(length);
    this.#used = 0;
    for (const entry of before) {
      if (entry > 0) this.#enter(entry - 1, [...(this.#wordsOf(entry - 1) ?? [])] as unknown as Uuid);
    }
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

function format(words: Uint32Array): string {
  const hex = Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function sameWords(words: Uint32Array | undefined, [a, b, c, d]: Uuid): boolean {
  return words !== undefined && words[0] === a && words[1] === b && words[2] === c && words[3] === d;
}

/** Mixes all words, because ids may count up in one of them. */
function hash([a, b, c, d]: Uuid): number {
  let mixed = Math.imul(a ^ (b >>> 15), 0x85eb_ca6b) ^ Math.imul(c ^ (d << 7), 0xc2b2_ae35) ^ b ^ d;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb_352d);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
