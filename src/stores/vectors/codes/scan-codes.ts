import { VECTORS_PER_GROUP } from '../../ports/vectors.ts';
import { type Extent, pageOfThread, type ScanKernel } from './arena.ts';
import { type Candidates, Floor, leastWanted } from './candidates.ts';
import { bytesPerCode, type CodeQuery, fineScore, paddedDimensions, partsOf } from './codes.ts';
import { type GroupTable, groupIn, groupsIn } from './groups.ts';

/** A query of a pass. */
export interface CodeScan {
  readonly query: CodeQuery;
  readonly probe: Float32Array;
  readonly minScore: number;
  /** At least 1. */
  readonly limit: number;
  readonly claims: Claims;
  readonly stopped: () => boolean;
}

/** By group, in memory that threads share: other than 0 when a thread has taken it on. */
export type Claims = Uint8Array;

/** Claims for a scan of all that a table holds. */
export function openClaims(table: GroupTable): Claims {
  return new Uint8Array(new SharedArrayBuffer(groupsIn(table)));
}

/** What a pass found for a query: every slot that may be among the best, scored by both planes. */
export interface CodeHits extends Candidates {
  /** Whether slots at or above the least score may have been left out, because others were better. */
  readonly full: boolean;
}

/** A thread's way to the codes. */
export interface CodeReader {
  readonly thread: number;
  kernel(memory: number): ScanKernel;
  buffer(memory: number): ArrayBufferLike;
  /** Undefined of what was handed out after the scan began: who did tells that its slots have changed. */
  extent(number: number): Extent | undefined;
}

/** Where a thread's hits lie in its page; before them stands the query. */
const HITS_AT = 16_384;

/**
 * One pass over groups for several queries: a group is read from memory once and from the cache for every further
 * query. Each thread begins with its share and goes on with what others have not come to yet, so that none waits for
 * one whose core has something else to do; measured beside insertions, that is most of what a search then waits for. The answers lose nothing of an exact scan: a vector is passed over only when its score, taken as high as its
 * code allows, stays below the least score asked for or below that of `limit` others taken as low as theirs allow.
 */
export function scanCodes(
  reader: CodeReader,
  space: { readonly dimensions: number; readonly table: GroupTable },
  share: { readonly first: number; readonly every: number },
  scans: readonly CodeScan[],
): CodeHits[] {
  const padded = paddedDimensions(space.dimensions);
  const searches = scans.map((scan) => new CodeSearch(scan));
  const page = pageOfThread(reader.thread);
  for (const group of groupsInTurn(groupsIn(space.table), share)) {
    const claimed = searches.filter(({ scan }) => claim(scan, group));
    if (claimed.length === 0) continue;
    const entry = groupIn(space.table, group);
    const extent = entry && reader.extent(entry.extent);
    if (entry === undefined || extent === undefined) continue;
    const capacity = extent.bytes / bytesPerCode(space.dimensions);
    const count = Math.min(entry.count, capacity);
    if (count === 0) continue;
    const buffer = reader.buffer(extent.memory);
    const kernel = reader.kernel(extent.memory);
    const scalesAt = extent.offset + partsOf(capacity, space.dimensions).scales;
    const queryPlace = new Int16Array(buffer, page, padded);
    for (const search of claimed) {
      const { query } = search.scan;
      queryPlace.set(query.numbers);
      const out = page + HITS_AT;
      const hits = kernel(
        extent.offset,
        scalesAt,
        count,
        padded,
        page,
        query.step,
        query.slack,
        search.leastByHighPlane(),
        out,
      );
      if (hits === 0) continue;
      search.take(
        group * VECTORS_PER_GROUP,
        new Int32Array(buffer, out, 2 * hits),
        new Float32Array(buffer, out, 2 * hits),
        new Float32Array(buffer, scalesAt, capacity),
      );
    }
  }
  return searches.map((search) => search.refine(reader, space));
}

/** A thread's own groups, then those of the others, each from where its thread comes last. */
function* groupsInTurn(
  groups: number,
  { first, every }: { readonly first: number; readonly every: number },
): Generator<number> {
  for (let group = first; group < groups; group += every) yield group;
  for (let group = groups - 1; group >= 0; group--) if (group % every !== first) yield group;
}

/** Takes a group on, unless another thread has. What came after the claims were opened its scan is told as changed. */
function claim({ claims, stopped }: CodeScan, group: number): boolean {
  return group < claims.length && !stopped() && Atomics.exchange(claims, group, 1) === 0;
}

/** One query's candidates, and the score that so many of them reach for certain. */
class CodeSearch {
  readonly scan: CodeScan;
  #slots: number[] = [];
  #highest: number[] = [];
  readonly #floor: Floor;

  constructor(scan: CodeScan) {
    this.scan = scan;
    this.#floor = new Floor(scan.limit);
  }

  /** What the kernel's score must be able to reach, a little less for float32. */
  leastByHighPlane(): number {
    const { minScore, query } = this.scan;
    const wanted = Math.max(minScore, this.#floor.value);
    return wanted === Number.NEGATIVE_INFINITY
      ? wanted
      : wanted - query.offset - 1e-6 * (Math.abs(wanted) + Math.abs(query.offset));
  }

  /** @param indexes at even places @param scores at odd places @param scales of the group */
  take(firstSlot: number, indexes: Int32Array, scores: Float32Array, scales: Float32Array): void {
    const { slack, offset } = this.scan.query;
    for (let i = 0; i < indexes.length; i += 2) {
      const index = indexes[i] as number;
      const middle = offset + (scores[i + 1] as number);
      const reach = (scales[index] as number) * slack;
      this.#slots.push(firstSlot + index);
      this.#highest.push(middle + reach);
      this.#floor.offer(middle - reach);
    }
    if (this.#slots.length > 8 * this.scan.limit + 16_384) this.#forgetTheHopeless();
  }

  /** Scores by both planes what may still be among the best. */
  refine(reader: CodeReader, { dimensions, table }: { dimensions: number; table: GroupTable }): CodeHits {
    const { probe, query, minScore, limit } = this.scan;
    this.#forgetTheHopeless();
    const floor = new Floor(limit);
    const found: { slot: number; score: number; reach: number }[] = [];
    for (const slot of this.#slots) {
      const entry = groupIn(table, Math.floor(slot / VECTORS_PER_GROUP));
      // What has gone since is told as changed by who took it away.
      const extent = entry && reader.extent(entry.extent);
      if (extent === undefined) continue;
      const capacity = extent.bytes / bytesPerCode(dimensions);
      const index = slot % VECTORS_PER_GROUP;
      if (index >= capacity) continue;
      const parts = partsOf(capacity, dimensions);
      const buffer = reader.buffer(extent.memory);
      const scale = new Float32Array(buffer, extent.offset + parts.scales, capacity)[index] as number;
      const codes = new Int8Array(buffer, extent.offset, parts.scales);
      const score = fineScore(codes, index * paddedDimensions(dimensions), parts.low, scale, probe, query);
      const reach = scale * query.fineSlack;
      // Half of a code that is being written has a scale that is no number; its slot has changed.
      if (Number.isNaN(score)) continue;
      found.push({ slot, score, reach });
      floor.offer(score - reach);
    }
    const least = leastWanted(minScore, floor.value);
    const kept = found.filter(({ score, reach }) => score + reach >= least);
    return {
      slots: Int32Array.from(kept, ({ slot }) => slot),
      scores: Float64Array.from(kept, ({ score }) => score),
      reaches: Float64Array.from(kept, ({ reach }) => reach),
      full: Math.max(floor.value, this.#floor.value) > minScore,
    };
  }

  #forgetTheHopeless(): void {
    const least = leastWanted(this.scan.minScore, this.#floor.value) - 1e-6 * (Math.abs(this.#floor.value) + 1);
    if (least === Number.NEGATIVE_INFINITY || Number.isNaN(least)) return;
    const slots: number[] = [];
    const highest: number[] = [];
    for (const [i, high] of this.#highest.entries()) {
      if (high < least) continue;
      slots.push(this.#slots[i] as number);
      highest.push(high);
    }
    this.#slots = slots;
    this.#highest = highest;
  }
}
