import { describe, expect, it } from 'vitest';
import { assembleKernel } from '../../../../scripts/build-kernel.ts';
import { seededRandom, unitVector, uuid } from '../../../../tests/stores/builders.ts';
import { CodedVectors } from '../coded-vectors.ts';
import { dot } from '../scan.ts';
import { Arena, type Extent, kernelOver, pageOfThread } from './arena.ts';
import { bytesPerCode, Coder, fineScore, partsOf } from './codes.ts';
import { groupIn } from './groups.ts';
import { kernelBase64 } from './kernel.ts';
import { type CodeReader, openClaims, scanCodes } from './scan-codes.ts';

const HITS_AT = 16_384;

function readerOf(arena: Arena): CodeReader {
  return {
    thread: 0,
    kernel: (index) => kernelOver(arena.memories[index] as WebAssembly.Memory),
    buffer: (index) => (arena.memories[index] as WebAssembly.Memory).buffer,
    extent: (number) => arena.extents[number] as Extent,
  };
}

/** Vectors as templates are: much in common, little of their own. */
function alike(random: () => number, dimensions: number, common: number, own: number): Float32Array {
  return unitVector(random, dimensions).map((value, i) => (i === 0 ? common : 0) + own * value);
}

/** Every code's score and reach by the high plane, as the kernel tells them, by slot. */
function scoresOf(
  arena: Arena,
  coded: CodedVectors,
  probe: Float32Array,
): Map<number, { score: number; reach: number }> {
  const { padded, dimensions } = coded.coder;
  const query = coded.coder.query(probe);
  const told = new Map<number, { score: number; reach: number }>();
  const entry = groupIn(coded.table, 0);
  const extent = arena.extents[entry?.extent ?? -1];
  if (entry === undefined || extent === undefined) return told;
  const memory = arena.memories[extent.memory] as WebAssembly.Memory;
  const page = pageOfThread(0);
  new Int16Array(memory.buffer, page, padded).set(query.numbers);
  const capacity = extent.bytes / bytesPerCode(dimensions);
  const scales = extent.offset + partsOf(capacity, dimensions).scales;
  const count = kernelOver(memory)(
    extent.offset,
    scales,
    entry.count,
    padded,
    page,
    query.step,
    query.slack,
    Number.NEGATIVE_INFINITY,
    page + HITS_AT,
  );
  const indexes = new Int32Array(memory.buffer, page + HITS_AT, 2 * count);
  const scores = new Float32Array(memory.buffer, page + HITS_AT, 2 * count);
  for (let i = 0; i < 2 * count; i += 2) {
    const slot = indexes[i] ?? 0;
    const reach = (new Float32Array(memory.buffer, scales, capacity)[slot] ?? 0) * query.slack;
    told.set(slot, { score: query.offset + (scores[i + 1] ?? 0), reach });
  }
  return told;
}

describe('kernel.ts', () => {
  it('is kernel.wat', async () => {
    expect(Buffer.from(kernelBase64, 'base64').equals(Buffer.from(await assembleKernel()))).toBe(true);
  });
});

describe('codes', () => {
  it.each([
    [2, 0, 1],
    [64, 0, 1],
    [66, 0.85, 0.5],
    [128, 0.85, 0.5],
    [128, 1000, 0.001],
    [1152, 0.85, 0.5],
    [1152, 0, 1e6],
  ])(
    'of %i dimensions are never further from the exact score than they say, by one plane or both (%d in common, %d of their own)',
    (dimensions, common, own) => {
      const random = seededRandom(dimensions);
      const vectors = Array.from({ length: 500 }, () => alike(random, dimensions, common, own));
      vectors.push(new Float32Array(dimensions), new Float32Array(dimensions).fill(own), vectors[0] as Float32Array);
      const arena = new Arena();
      const coded = new CodedVectors(arena, vectors[1] as Float32Array, () => {});
      for (const [slot, vector] of vectors.entries()) coded.put(uuid(slot + 1), vector, 0);
      for (let round = 0; round < 10; round++) {
        const probe = round === 0 ? new Float32Array(dimensions) : alike(random, dimensions, common, own);
        const told = scoresOf(arena, coded, probe);
        const prepared = coded.prepare(probe);
        expect(told.size).toBe(vectors.length);
        for (const [slot, vector] of vectors.entries()) {
          const exact = dot(probe, vector, 0);
          const { score, reach } = told.get(slot) ?? { score: Number.NaN, reach: 0 };
          const rounding = 1e-6 * (Math.abs(exact) + Math.abs(score));
          expect(Math.abs(score - exact)).toBeLessThanOrEqual(reach + rounding);
          const fine = prepared.score(slot) ?? { score: Number.NaN, reach: 0 };
          expect(Math.abs(fine.score - exact)).toBeLessThanOrEqual(fine.reach + 1e-9 * (Math.abs(exact) + 1e-3));
          expect(fine.reach).toBeLessThanOrEqual(reach / 100 + 1e-9);
        }
      }
    },
  );

  it('of templates are near: a reach of a hundredth of a score by one plane, and of a ten-thousandth by both', () => {
    const random = seededRandom(5);
    const vectors = Array.from({ length: 300 }, () => alike(random, 128, 0.85, 0.5));
    const coder = new Coder(Float32Array.from({ length: 128 }, (_, i) => (i === 0 ? 0.85 : 0)));
    const planes = [new Int8Array(128), new Int8Array(128)] as const;
    const scales = vectors.map((vector) => coder.encode(vector, ...planes));
    const query = coder.query(vectors[7] as Float32Array);
    expect(Math.max(...scales) * query.slack).toBeLessThan(0.01);
    expect(Math.max(...scales) * query.fineSlack).toBeLessThan(0.0001);
  });

  it('score by both planes wherever in a block they stand', () => {
    const coder = new Coder(Float32Array.of(1, 1));
    const codes = new Int8Array(4 * 64);
    const scale = coder.encode(Float32Array.of(1.5, 0.25), codes.subarray(64, 128), codes.subarray(192, 256));
    const probe = Float32Array.of(2, 4);
    expect(fineScore(codes, 64, 128, scale, probe, coder.query(probe))).toBeCloseTo(4, 4);
  });

  it('are scanned for several queries in one pass, each losing nothing of an exact scan', () => {
    const random = seededRandom(77);
    const dimensions = 128;
    const count = 12_000;
    const arena = new Arena();
    const coded = new CodedVectors(arena, alike(random, dimensions, 0.85, 0), () => {});
    const vectors = Array.from({ length: count }, () => alike(random, dimensions, 0.85, 0.5));
    for (const [slot, vector] of vectors.entries()) coded.put(uuid(slot + 1), vector, Math.floor(slot / 4096));
    const probes = Array.from({ length: 5 }, () => alike(random, dimensions, 0.85, 0.5));
    const scans = probes.map((probe, i) => ({
      query: coded.coder.query(probe),
      probe,
      minScore: i === 0 ? Number.NEGATIVE_INFINITY : 0.6 + 0.05 * i,
      limit: [10, 1, 4096, 50, 3][i] ?? 1,
      claims: openClaims(coded.table),
      stopped: () => false,
    }));
    // Another thread has taken on two of the three groups for the last, and its own share of the rest is the third.
    const others = { ...(scans[4] as (typeof scans)[4]), claims: openClaims(coded.table) };
    for (const group of [0, 2]) others.claims[group] = 1;
    const space = { dimensions, table: coded.table };
    const [left] = scanCodes(readerOf(arena), space, { first: 0, every: 2 }, [others]);
    expect(Array.from(left?.slots ?? []).every((slot) => Math.floor(slot / 4096) === 1)).toBe(true);
    expect(left?.slots.length).toBeGreaterThan(0);
    const found = scanCodes(readerOf(arena), space, { first: 0, every: 1 }, scans);
    for (const { claims } of [others, ...scans]) expect([...claims.subarray(0, 3)]).toEqual([1, 1, 1]);
    for (const [i, { probe, minScore, limit }] of scans.entries()) {
      const scoreOf = (slot: number) => dot(probe, vectors[slot] ?? new Float32Array(), 0);
      const exact = vectors
        .map((_, slot) => ({ slot, score: scoreOf(slot) }))
        .filter(({ score }) => score >= minScore)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit);
      const best = Array.from(found[i]?.slots ?? [], (slot) => ({ slot, score: scoreOf(slot) }))
        .filter(({ score }) => score >= minScore)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit);
      expect(best).toEqual(exact);
    }
    // Two planes leave hardly more than was asked for.
    expect(found[0]?.slots.length).toBeLessThan(20);

    // A group that was laid elsewhere after the scan began is passed over: who laid it there tells of it.
    const everything = { ...(scans[0] as (typeof scans)[0]), claims: openClaims(coded.table), limit: 2 * count };
    const last = arena.extents.length - 1;
    const reader = readerOf(arena);
    const older: CodeReader = { ...reader, extent: (number) => (number === last ? undefined : reader.extent(number)) };
    const [seen] = scanCodes(older, space, { first: 0, every: 1 }, [everything]);
    expect(new Set(Array.from(seen?.slots ?? [], (slot) => Math.floor(slot / 4096)))).toEqual(new Set([0, 1]));
  });
});

describe('an arena', () => {
  it('gives released memory out again, overwritten, and opens another memory when one is full', () => {
    const arena = new Arena(2 ** 20 + 2 ** 17);
    const first = arena.allocate(2 ** 18);
    const second = arena.allocate(2 ** 18);
    expect([first?.memory, second?.memory, arena.memories.length]).toEqual([0, 0, 1]);
    const third = arena.allocate(2 ** 18);
    expect(third?.memory).toBe(1);
    const bytes = () => new Uint8Array((arena.memories[0] as WebAssembly.Memory).buffer, first?.offset, 2 ** 18);
    bytes().fill(7);
    if (first) arena.release(first);
    expect(bytes().every((value) => value === 0)).toBe(true);
    expect(arena.allocate(2 ** 18)).toEqual(first);
    expect(arena.bytes).toBe(3 * 2 ** 18);
    expect(arena.extents).toHaveLength(3);
    expect(() => arena.allocate(2 ** 21)).toThrow(RangeError);
  });
});
