import type { VectorHit, VectorIndex } from '../ports/vectors.ts';
import { Arena } from './codes/arena.ts';
import type { SlotScore } from './scan.ts';
import { createScanner, type ScanResult } from './scanner.ts';
import { Space } from './space.ts';

/** Scans that lost a hit to a change are run again this often before the caller's thread is held for one. */
const RETRIES = 3;

/**
 * Exact search by scanning every vector, in memory that worker threads share: small spaces in float32, larger ones by a
 * code of one byte a dimension that says which vectors may be among the best, and these in float32. Nothing to build,
 * nothing to corrupt: an insert is an append, a delete a cleared slot. Measured in bench/stores.ts.
 */
export function createFlatIndex(): VectorIndex {
  const spaces = new Map<string, Space>();
  const arena = new Arena();
  const scanner = createScanner(arena);
  let lastNumber = 0;

  const require = (name: string): Space => {
    const space = spaces.get(name);
    if (space === undefined) throw new RangeError(`there is no vector space ${name}`);
    return space;
  };

  return {
    createSpace(name, dimensions) {
      if (spaces.has(name)) throw new RangeError(`there is a vector space ${name} already`);
      spaces.set(name, new Space(++lastNumber, dimensions, arena));
    },
    dropSpace(name) {
      const space = spaces.get(name);
      if (space === undefined) return;
      spaces.delete(name);
      space.erase();
      scanner.forget(space.number);
    },
    put(name, vectors) {
      const space = require(name);
      for (const { id, vector } of vectors) space.put(id, vector);
    },
    remove(name, ids) {
      const space = require(name);
      for (const id of ids) space.remove(id);
    },
    size: (name) => require(name).size,
    has: (name, id) => spaces.get(name)?.has(id) ?? false,
    async search(name, probe, { minScore, limit, exclude, signal }) {
      signal.throwIfAborted();
      const space = require(name);
      if (probe.length !== space.dimensions) {
        throw new RangeError(`a probe of ${probe.length} dimensions in a space of ${space.dimensions}`);
      }
      if (limit < 1) return [];
      const excluded = [...(exclude ?? [])].filter((id) => space.has(id)).length;
      // Excluded vectors take places in the scan, so it keeps as many more.
      const keep = limit + excluded;
      for (let attempt = 0; ; attempt++) {
        const { number, chunks } = space;
        const scan = { space: number, chunks, coded: space.coded(probe), probe, minScore, limit: keep, signal };
        const hits = await space.watchChanges(
          () => scanner.scan(scan),
          (found: ScanResult, changed) => {
            const steady = found.hits.filter((hit) => !changed.has(hit.slot));
            const displaced = found.full && steady.length < found.hits.length;
            if (displaced && attempt < RETRIES) return undefined;
            const scored = displaced ? scoreAll(space, probe) : [...steady, ...scoreSlots(space, changed, probe)];
            return rank(space, scored, { minScore, limit, exclude });
          },
        );
        if (hits !== undefined) return hits;
      }
    },
    memoryBytes: () => [...spaces.values()].reduce((sum, space) => sum + space.memoryBytes, 0),
    async close() {
      for (const space of spaces.values()) space.erase();
      spaces.clear();
      await scanner.close();
    },
  };
}

function scoreSlots(space: Space, slots: Iterable<number>, probe: Float32Array): SlotScore[] {
  return [...slots].flatMap((slot) => space.score(slot, probe) ?? []);
}

function* slotsOf(space: Space): Generator<number> {
  for (const { firstSlot, capacity } of space.chunks) {
    for (let i = 0; i < capacity; i++) yield firstSlot + i;
  }
}

function scoreAll(space: Space, probe: Float32Array): SlotScore[] {
  return scoreSlots(space, slotsOf(space), probe);
}

function rank(
  space: Space,
  scored: readonly SlotScore[],
  { minScore, limit, exclude }: { minScore: number; limit: number; exclude: ReadonlySet<string> | undefined },
): VectorHit[] {
  const hits = scored.flatMap(({ slot, score }): VectorHit[] => {
    const id = space.idOf(slot);
    return id === undefined || score < minScore || exclude?.has(id) ? [] : [{ id, score }];
  });
  hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  return hits.slice(0, limit);
}
