import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seededRandom, unitVector, uuid } from '../../../tests/stores/builders.ts';
import { describeVectorIndex } from '../../../tests/stores/vector-contract.ts';
import { CodedVectors } from './coded-vectors.ts';
import { Arena } from './codes/arena.ts';
import { ExactVectors } from './exact-vectors.ts';
import { createFlatIndex } from './flat-index.ts';
import { BestScores, dot } from './scan.ts';

describeVectorIndex('the flat index', createFlatIndex);

it('goes on searching with the same threads while groups come and are laid elsewhere', async () => {
  const random = seededRandom(21);
  const vectors = Array.from({ length: 64 }, () => unitVector(random, 256));
  const vectorOf = (id: string): Float32Array => vectors[Number.parseInt(id.slice(-12), 16) % 64] as Float32Array;
  const index = createFlatIndex();
  index.createSpace('s', 256, { load: (ids) => ids.map(vectorOf) });
  let count = 0;
  const add = (many: number): void => {
    const entries = Array.from({ length: many }, (_, i) => ({
      id: uuid(count + i),
      vector: vectorOf(uuid(count + i)),
      group: Math.floor((count + i) / 4096),
    }));
    count += many;
    index.put('s', entries);
  };
  const warnings: string[] = [];
  const warned = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', warned);
  try {
    while (count < 40_000) add(4096);
    let searching = true;
    const searches = (async () => {
      for (let i = 0; searching; i++) {
        const before = count;
        const probe = vectors[i % 64] as Float32Array;
        const wanted = { minScore: 0.99, limit: 4096, signal: new AbortController().signal };
        const hits = (await index.search('s', probe, wanted)).length;
        const fewest = Math.floor((before + 63 - (i % 64)) / 64);
        if (hits < fewest) throw new Error(`${hits} of ${fewest} hits`);
      }
    })();
    // Each lap opens a group, which moves through every size of block.
    for (let lap = 0; lap < 6; lap++) {
      for (let step = 0; step < 64; step++) {
        add(64);
        await nextTurn();
      }
    }
    searching = false;
    await searches;
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', warned);
    await index.close();
  }
});

describe('dot', () => {
  it('adds four running sums in a fixed order, in double precision', () => {
    const probe = Float32Array.of(1e8, 1, -1e8, 1, 3);
    const vectors = Float32Array.of(9, 1, 1, 1, 1, 2);
    expect(dot(probe, vectors, 1)).toBe(1e8 + 3 * 2 + 1 + (-1e8 + 1));
  });
});

describe('BestScores', () => {
  it('keeps the best and all that tie with the worst of them', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 200; round++) {
      const scores = Array.from({ length: 60 }, () => Math.floor(random() * 12));
      const limit = 1 + Math.floor(random() * 20);
      const minScore = Math.floor(random() * 6);
      const best = new BestScores(limit, minScore);
      for (const [slot, score] of scores.entries()) if (score >= best.floor) best.offer(slot, score);
      const allowed = scores.filter((score) => score >= minScore).sort((a, b) => b - a);
      const worst = allowed[limit - 1] ?? minScore;
      const expected = scores.flatMap((score, slot) => (score >= Math.max(worst, minScore) ? [slot] : []));
      expect(
        best
          .list()
          .map((hit) => hit.slot)
          .sort((a, b) => a - b),
      ).toEqual(expected);
      for (const { slot, score } of best.list()) expect(score).toBe(scores[slot]);
    }
  });
});

describe('vectors in full', () => {
  it('hold zeros where a vector was removed, and nothing but zeros once they are erased', () => {
    const exact = new ExactVectors(4, () => {});
    exact.put('a', Float32Array.of(1, 2, 3, 4), undefined);
    exact.put('b', Float32Array.of(5, 6, 7, 8), undefined);
    const numbers = () => exact.chunks.flatMap(({ vectors }) => [...vectors]).filter((value) => value !== 0);
    expect(numbers()).toHaveLength(8);
    exact.remove('a');
    expect(numbers()).toEqual([5, 6, 7, 8]);
    exact.erase();
    expect(numbers()).toEqual([]);
    expect(exact.size).toBe(0);
  });
});

describe('vectors as codes', () => {
  it('hold zeros where a vector was removed, and nothing but zeros once they are erased', () => {
    const arena = new Arena();
    const coded = new CodedVectors(arena, new Float32Array(4), () => {});
    const nonZero = () =>
      arena.extents.flatMap((extent) => [...arena.view(extent)].filter((byte) => byte !== 0)).length;
    for (let i = 0; i < 3; i++) coded.put(uuid(i + 1), Float32Array.of(1 + i, 2, 3, 4), 0);
    coded.remove(uuid(1));
    coded.remove(uuid(3));
    const one = new CodedVectors(new Arena(), new Float32Array(4), () => {});
    one.put(uuid(2), Float32Array.of(2, 2, 3, 4), 0);
    expect(coded.readGroup(0)?.bytes).toEqual(one.readGroup(0)?.bytes);
    const codes = arena.extents.map((extent) => [...new Int8Array(arena.view(extent).slice(0, 64 * 64))]);
    expect(codes[0]?.slice(64).every((byte) => byte === 0)).toBe(true);
    coded.erase();
    expect(nonZero()).toBe(0);
    expect(coded.size).toBe(0);
  });
});
