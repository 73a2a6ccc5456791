import { describe, expect, it } from 'vitest';
import { seededRandom, uuid } from '../../../tests/stores/builders.ts';
import { IdTable, type SlotWords } from './id-table.ts';

/** Words for so many slots. */
function wordsFor(slots: number): SlotWords & { readonly bytes: number } {
  const words = new Uint32Array(4 * slots);
  return {
    bytes: words.byteLength,
    arrayOf: (slot) => (slot < slots ? words : undefined),
    offsetOf: (slot) => 4 * slot,
  };
}

describe('a table of ids', () => {
  it('knows what a map knows, after any sequence of entries and departures', () => {
    const random = seededRandom(3);
    const table = new IdTable(wordsFor(3000));
    const truth = new Map<string, number>();
    const free: number[] = [];
    let next = 0;
    const idOf = (number: number) => (number % 5 === 0 ? `name ${number}` : uuid(number));
    for (let step = 0; step < 20_000; step++) {
      const id = idOf(Math.floor(random() * 3000));
      const slot = truth.get(id);
      expect(table.slotOf(id)).toBe(slot);
      if (slot === undefined) {
        const place = free.pop() ?? next++;
        table.set(place, id);
        truth.set(id, place);
      } else if (random() < 0.7) {
        table.delete(slot);
        truth.delete(id);
        free.push(slot);
      } else if (free.length > 0) {
        const place = free.pop() ?? 0;
        table.move(slot, place);
        truth.set(id, place);
        free.push(slot);
      }
      expect(table.size).toBe(truth.size);
    }
    for (const [id, slot] of truth) {
      expect(table.idOf(slot)).toBe(id);
      expect(table.has(slot)).toBe(true);
    }
    for (const slot of free) expect([table.idOf(slot), table.has(slot)]).toEqual([undefined, false]);
  });

  it('tells ids apart that differ in one digit, in case, or are zeros alone', () => {
    const table = new IdTable(wordsFor(6));
    const ids = [
      '00000000-0000-0000-0000-000000000000',
      'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
      'AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA',
      'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaab',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '',
    ];
    for (const [slot, id] of ids.entries()) table.set(slot, id);
    expect(ids.map((id) => table.slotOf(id))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(ids.map((_, slot) => table.idOf(slot))).toEqual(ids);
    table.clear();
    expect([table.size, table.slotOf(ids[0] ?? '')]).toEqual([0, undefined]);
  });

  it('holds 200,000 UUIDs that count up in 27 bytes each at most', () => {
    const words = wordsFor(200_000);
    const table = new IdTable(words);
    table.reserve(200_000);
    const before = table.memoryBytes;
    for (let i = 0; i < 200_000; i++) table.set(i, uuid(i));
    expect(table.memoryBytes).toBe(before);
    expect((words.bytes + before) / table.size).toBeLessThan(27);
    expect(table.slotOf(uuid(123_456))).toBe(123_456);
    expect(table.slotOf(uuid(200_000))).toBeUndefined();
  });
});
