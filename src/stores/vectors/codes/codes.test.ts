import { describe, expect, it } from 'vitest';
import { assembleKernel } from '../../../../scripts/build-kernel.ts';
import { seededRandom, unitVector } from '../../../../tests/stores/builders.ts';
import { dot } from '../scan.ts';
import { Arena, kernelOver, pageOfThread } from './arena.ts';
import { BLOCK_CODES, blockBytes, Codes, paddedDimensions } from './codes.ts';
import { kernelBase64 } from './kernel.ts';
import { type CodeReader, scanCodes } from './scan-codes.ts';

const HITS_AT = 16_384;

function readerOf(arena: Arena): CodeReader {
  return {
    thread: 0,
    kernel: (index) => kernelOver(arena.memories[index] as WebAssembly.Memory),
    buffer: (index) => (arena.memories[index] as WebAssembly.Memory).buffer,
  };
}

/** Vectors as templates are: much in common, little of their own. */
function alike(random: () => number, dimensions: number, common: number, own: number): Float32Array {
  return unitVector(random, dimensions).map((value, i) => (i === 0 ? common : 0) + own * value);
}

/** Every code's score and reach, as the kernel tells them. */
function scoresOf(arena: Arena, codes: Codes, probe: Float32Array): Map<number, { score: number; reach: number }> {
  const query = codes.query(probe);
  const padded = paddedDimensions(codes.dimensions);
  const told = new Map<number, { score: number; reach: number }>();
  for (const [number, block] of codes.blocks.entries()) {
    const memory = arena.memories[block.memory] as WebAssembly.Memory;
    const page = pageOfThread(0);
    new Int16Array(memory.buffer, page, padded).set(query.numbers);
    const scales = block.offset + BLOCK_CODES * padded;
    const count = kernelOver(memory)(
      block.offset,
      scales,
      BLOCK_CODES,
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
      const at = indexes[i] ?? 0;
      const reach = (new Float32Array(memory.buffer, scales, BLOCK_CODES)[at] ?? 0) * query.slack;
      told.set(number * BLOCK_CODES + at, { score: query.offset + (scores[i + 1] ?? 0), reach });
    }
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
    'of %i dimensions are never further from the exact score than they say (%d in common, %d of their own)',
    (dimensions, common, own) => {
      const random = seededRandom(dimensions);
      const vectors = Array.from({ length: 500 }, () => alike(random, dimensions, common, own));
      vectors.push(new Float32Array(dimensions), new Float32Array(dimensions).fill(own), vectors[0] as Float32Array);
      const arena = new Arena();
      const codes = new Codes(arena, vectors[1] as Float32Array);
      for (const [slot, vector] of vectors.entries()) codes.put(slot, vector);
      for (let round = 0; round < 10; round++) {
        const probe = round === 0 ? new Float32Array(dimensions) : alike(random, dimensions, common, own);
        const told = scoresOf(arena, codes, probe);
        expect(told.size).toBe(vectors.length);
        for (const [slot, vector] of vectors.entries()) {
          const { score, reach } = told.get(slot) ?? { score: Number.NaN, reach: 0 };
          const exact = dot(probe, vector, 0);
          const rounding = 1e-6 * (Math.abs(exact) + Math.abs(score));
          expect(Math.abs(score - exact)).toBeLessThanOrEqual(reach + rounding);
        }
      }
    },
  );

  it('of templates are near: a reach of a hundredth of a score', () => {
    const random = seededRandom(5);
    const vectors = Array.from({ length: 300 }, () => alike(random, 128, 0.85, 0.5));
    const arena = new Arena();
    const mean = Float32Array.from({ length: 128 }, (_, i) => (i === 0 ? 0.85 : 0));
    const codes = new Codes(arena, mean);
    for (const [slot, vector] of vectors.entries()) codes.put(slot, vector);
    const reaches = [...scoresOf(arena, codes, vectors[7] as Float32Array).values()].map(({ reach }) => reach);
    expect(Math.max(...reaches)).toBeLessThan(0.01);
  });

  it('are passed over where they were removed, and hold nothing of it', () => {
    const arena = new Arena();
    const codes = new Codes(arena, new Float32Array(8));
    for (let slot = 0; slot < 3; slot++) codes.put(slot, new Float32Array(8).fill(slot + 1));
    codes.remove(1);
    const probe = new Float32Array(8).fill(1);
    expect([...scoresOf(arena, codes, probe).keys()]).toEqual([0, 2]);
    const { buffer } = arena.memories[0] as WebAssembly.Memory;
    const [block] = codes.blocks;
    expect(new Int8Array(buffer, (block?.offset ?? 0) + 64, 64).every((value) => value === 0)).toBe(true);
    codes.erase();
    expect(new Uint8Array(buffer, block?.offset, blockBytes(8)).every((value) => value === 0)).toBe(true);
    expect(arena.bytes).toBe(0);
  });

  it('are scanned for several queries in one pass, each as exactly as alone', () => {
    const random = seededRandom(77);
    const dimensions = 128;
    const count = 3 * BLOCK_CODES - 100;
    const vectors = new Float32Array(new SharedArrayBuffer(count * dimensions * 4));
    const arena = new Arena();
    const codes = new Codes(arena, alike(random, dimensions, 0.85, 0));
    for (let slot = 0; slot < count; slot++) {
      vectors.set(alike(random, dimensions, 0.85, 0.5), slot * dimensions);
      codes.put(slot, vectors.subarray(slot * dimensions, (slot + 1) * dimensions));
    }
    const chunks = [{ firstSlot: 0, capacity: count, vectors, live: new Uint8Array(count).fill(1) }];
    const probes = Array.from({ length: 5 }, () => alike(random, dimensions, 0.85, 0.5));
    const scans = probes.map((probe, i) => ({
      query: codes.query(probe),
      probe,
      minScore: i === 0 ? Number.NEGATIVE_INFINITY : 0.6 + 0.05 * i,
      limit: [10, 1, 4096, 50, 3][i] ?? 1,
      stopped: () => false,
    }));
    const space = { dimensions, blocks: codes.blocks, chunks };
    const found = scanCodes(readerOf(arena), space, { first: 0, every: 1 }, scans);
    for (const [i, { probe, minScore, limit }] of scans.entries()) {
      const exact = Array.from({ length: count }, (_, slot) => ({
        slot,
        score: dot(probe, vectors, slot * dimensions),
      }))
        .filter(({ score }) => score >= minScore)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit);
      const best = (found[i]?.hits ?? [])
        .filter(({ score }) => score >= minScore)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit);
      expect(best).toEqual(exact);
    }
    expect(found[0]?.hits.length).toBeLessThan(2000);
  });
});

describe('an arena', () => {
  it('gives released memory out again, overwritten, and opens another memory when one is full', () => {
    const arena = new Arena(2 ** 20);
    const first = arena.allocate(2 ** 18);
    const second = arena.allocate(2 ** 18);
    expect([first?.memory, second?.memory, arena.memories.length]).toEqual([0, 0, 1]);
    const third = arena.allocate(2 ** 18);
    expect(third?.memory).toBe(1);
    const bytes = () => new Uint8Array((arena.memories[0] as WebAssembly.Memory).buffer, first?.offset, 2 ** 18);
    bytes().fill(7);
    if (first) arena.release(first, 2 ** 18);
    expect(bytes().every((value) => value === 0)).toBe(true);
    expect(arena.allocate(2 ** 18)).toEqual(first);
    expect(arena.bytes).toBe(3 * 2 ** 18);
    expect(() => arena.allocate(2 ** 21)).toThrow(RangeError);
  });
});
