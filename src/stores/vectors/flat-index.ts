import { IndexMemoryError, VECTORS_PER_GROUP, type VectorHit, type VectorIndex } from '../ports/vectors.ts';
import { CodedVectors } from './coded-vectors.ts';
import { Arena } from './codes/arena.ts';
import { Floor, leastWanted } from './codes/candidates.ts';
import type { PreparedProbe } from './prepared-probe.ts';
import { dot } from './scan.ts';
import { createScanner, type ScanResult } from './scanner.ts';
import { type Changes, Space } from './space.ts';

/** Scans that lost a hit to a change are run again this often before the caller's thread is held for one. */
const RETRIES = 3;
/** A scan keeps so many more than were asked for, so that what changes meanwhile does not crowd others out. */
const SPARE = 16;

/**
 * Exact search by scanning every vector, in memory that worker threads share: small spaces in full, larger ones by a
 * code of two bytes a dimension, of which a scan reads one, that tells which vectors may be among the best; these are
 * loaded in full and scored. Nothing to build, nothing to corrupt: an insert is an append, a delete closes up its group.
 * Measured by `npm run bench:search`.
 *
 * @param options.memoryBytes how much all spaces together may hold; unbounded when absent
 */
export function createFlatIndex(options: { memoryBytes?: number } = {}): VectorIndex {
  const spaces = new Map<string, Space>();
  const arena = new Arena();
  const scanner = createScanner(arena);
  const budget = options.memoryBytes ?? Number.POSITIVE_INFINITY;
  let lastNumber = 0;

  const require = (name: string): Space => {
    const space = spaces.get(name);
    if (space === undefined) throw new RangeError(`there is no vector space ${name}`);
    return space;
  };
  /** Bytes that all spaces hold. */
  let held = 0;
  const counting = (space: Space, work: () => void): void => {
    const before = space.memoryBytes;
    try {
      work();
    } finally {
      held += space.memoryBytes - before;
    }
  };
  const reserve = (space: Space, more: number): void => {
    if (budget === Number.POSITIVE_INFINITY) return;
    const needed = space.bytesWith(more) - space.memoryBytes;
    const left = budget - held;
    if (needed > 0 && needed > left) throw new IndexMemoryError(needed, left);
  };
  const coded = (name: string): CodedVectors | undefined => {
    const vectors = spaces.get(name)?.vectors;
    return vectors instanceof CodedVectors ? vectors : undefined;
  };

  return {
    createSpace(name, dimensions, { load, mean }) {
      if (spaces.has(name)) throw new RangeError(`there is a vector space ${name} already`);
      if (mean !== undefined && mean.length !== dimensions) throw new RangeError('a mean of other dimensions');
      const space = new Space(dimensions, { arena, load, nextNumber: () => ++lastNumber, mean });
      spaces.set(name, space);
      held += space.memoryBytes;
    },
    dropSpace(name) {
      const space = spaces.get(name);
      if (space === undefined) return;
      spaces.delete(name);
      held -= space.memoryBytes;
      space.erase();
      scanner.forget(space.number);
    },
    reserve(name, more) {
      const space = require(name);
      reserve(space, more);
      const { vectors } = space;
      if (vectors instanceof CodedVectors) counting(space, () => vectors.reserve(more));
    },
    put(name, vectors) {
      const space = require(name);
      reserve(space, vectors.length);
      counting(space, () => {
        for (const { id, vector, group } of vectors) {
          const { number } = space;
          space.put(id, vector, group);
          if (space.number !== number) scanner.forget(number);
        }
      });
    },
    remove(name, ids) {
      const space = require(name);
      counting(space, () => {
        for (const id of ids) space.vectors.remove(id);
      });
    },
    size: (name) => require(name).size,
    has: (name, id) => spaces.get(name)?.vectors.has(id) ?? false,
    async search(name, probe, { minScore, limit, exclude, signal }) {
      signal.throwIfAborted();
      const space = require(name);
      if (probe.length !== space.dimensions) {
        throw new RangeError(`a probe of ${probe.length} dimensions in a space of ${space.dimensions}`);
      }
      if (limit < 1) return [];
      // Of its own length: a part of a longer array would be sent to the workers with all of it.
      const own = probe.slice();
      // Excluded vectors take places in the scan, so it keeps as many more.
      const excluded = [...(exclude ?? [])].filter((id) => space.vectors.has(id)).length;
      const needed = limit + excluded;
      for (let attempt = 0, spare = SPARE; ; attempt++, spare *= 8) {
        const { generation } = space;
        const prepared = space.vectors.prepare(own);
        const scan = { space: space.number, over: prepared.over, probe: own, minScore, limit: needed + spare, signal };
        const hits = await space.watchChanges(
          () => scanner.scan(scan),
          (found, changes) => {
            const moved = space.generation !== generation;
            const steady = moved ? [] : steadyHits(found, changes);
            // Of what was found, so many may have stood in the way of others.
            const lost = found.parts.reduce((sum, { slots }) => sum + slots.length, 0) - steady.length;
            const incomplete = moved || (found.full && lost > spare);
            if (incomplete && attempt < RETRIES) return undefined;
            // Anew: codes that came meanwhile may be further from their vectors than any before.
            const now = space.vectors.prepare(own);
            const scored = incomplete
              ? scoresOf(now, space.vectors.slots())
              : [...steady, ...scoresOf(now, space.slotsOf(changes))];
            return rank(space, now, scored, { probe: own, minScore, limit, exclude, needed });
          },
        );
        if (hits !== undefined) return hits;
      }
    },
    codeMean: (name) => coded(name)?.coder.mean,
    readGroup: (name, group) => coded(name)?.readGroup(group),
    putGroup(name, codes) {
      const vectors = coded(name);
      if (vectors === undefined) throw new RangeError(`vector space ${name} holds no codes`);
      counting(require(name), () => vectors.putGroup(codes));
    },
    memoryBytes: () => held,
    async close() {
      for (const space of spaces.values()) space.erase();
      spaces.clear();
      held = 0;
      await scanner.close();
    },
  };
}

/** A slot with its score, and how far from the truth that may be. */
interface Scored {
  readonly slot: number;
  readonly score: number;
  readonly reach: number;
}

interface Wanted {
  readonly probe: Float32Array;
  readonly minScore: number;
  readonly limit: number;
  readonly exclude: ReadonlySet<string> | undefined;
  /** The limit, and as many more as are excluded. */
  readonly needed: number;
}

function steadyHits(found: ScanResult, changes: Changes): Scored[] {
  return found.parts.flatMap(({ slots, scores, reaches }) =>
    Array.from(slots, (slot, i) => ({ slot, score: scores[i] as number, reach: reaches[i] as number })).filter(
      ({ slot }) => !changes.slots.has(slot) && !changes.groups.has(Math.floor(slot / VECTORS_PER_GROUP)),
    ),
  );
}

function scoresOf(prepared: PreparedProbe, slots: Iterable<number>): Scored[] {
  return Array.from(slots).flatMap((slot) => {
    const scored = prepared.score(slot);
    return scored === undefined ? [] : [{ slot, ...scored }];
  });
}

/** Orders candidates by their exact scores; of codes only what may be among the best is loaded. */
function rank(
  space: Space,
  { isExact }: PreparedProbe,
  scored: readonly Scored[],
  { probe, minScore, limit, exclude, needed }: Wanted,
): VectorHit[] {
  const floor = new Floor(needed);
  for (const { score, reach } of scored) floor.offer(score - reach);
  const least = leastWanted(minScore, floor.value);
  const near = scored.flatMap((one) => {
    const id = one.score + one.reach >= least ? space.vectors.idOf(one.slot) : undefined;
    return id === undefined || exclude?.has(id) ? [] : [{ ...one, id }];
  });
  const loaded = isExact ? undefined : space.load(near.map(({ id }) => id));
  const hits = near.flatMap(({ id, score }, i): VectorHit[] => {
    const vector = loaded?.[i];
    const exact = vector === undefined ? score : dot(probe, vector, 0);
    return exact < minScore ? [] : [{ id, score: exact }];
  });
  hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  return hits.slice(0, limit);
}
