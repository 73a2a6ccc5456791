import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IndexMemoryError, type VectorHit, type VectorIndex } from '../../src/stores/ports/index.ts';
import { everything, seededRandom, unitVector, uuid } from './builders.ts';

const byScoreThenId = (a: VectorHit, b: VectorHit): number => b.score - a.score || (a.id < b.id ? -1 : 1);

/** In double precision, in plain order. */
function exactDot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** An index whose spaces load full vectors from what was put into them, and nothing of what was removed. */
export type LoadingIndex = Omit<VectorIndex, 'createSpace'> & {
  createSpace(space: string, dimensions: number, mean?: Float32Array): void;
};

/** Keeps what is put beside the index, as rows would. */
export function keepingVectors(index: VectorIndex): LoadingIndex {
  const kept = new Map<string, Map<string, Float32Array>>();
  const ofSpace = (space: string): Map<string, Float32Array> => {
    const vectors = kept.get(space) ?? new Map<string, Float32Array>();
    kept.set(space, vectors);
    return vectors;
  };
  return {
    ...index,
    createSpace(space, dimensions, mean) {
      const vectors = ofSpace(space);
      index.createSpace(space, dimensions, {
        ...(mean !== undefined && { mean }),
        load: (ids) =>
          ids.map((id) => {
            const vector = vectors.get(id);
            if (vector === undefined) throw new Error(`${id} was asked for and is not there`);
            return vector;
          }),
      });
    },
    put(space, entries) {
      for (const { id, vector } of entries) ofSpace(space).set(id, Float32Array.from(vector));
      index.put(space, entries);
    },
    remove(space, ids) {
      for (const id of ids) ofSpace(space).delete(id);
      index.remove(space, ids);
    },
  };
}

/** What every {@link VectorIndex} must do. */
export function describeVectorIndex(name: string, open: (options?: { memoryBytes: number }) => VectorIndex): void {
  describe(`${name} as a vector index`, () => {
    let index: LoadingIndex;
    beforeEach(() => {
      index = keepingVectors(open());
    });
    afterEach(() => index.close());

    const fill = (count: number, dimensions: number, seed: number): Map<string, Float32Array> => {
      const random = seededRandom(seed);
      const vectors = new Map<string, Float32Array>();
      for (let i = 0; i < count; i++) vectors.set(uuid(Math.floor(random() * 1e12)), unitVector(random, dimensions));
      index.createSpace('space', dimensions);
      index.put(
        'space',
        [...vectors].map(([id, vector]) => ({ id, vector })),
      );
      return vectors;
    };
    const bruteForce = (
      vectors: ReadonlyMap<string, Float32Array>,
      probe: Float32Array,
      { minScore, limit, exclude }: { minScore: number; limit: number; exclude?: ReadonlySet<string> },
    ): VectorHit[] =>
      [...vectors]
        .map(([id, vector]) => ({ id, score: exactDot(probe, vector) }))
        .filter((hit) => hit.score >= minScore && !exclude?.has(hit.id))
        .sort(byScoreThenId)
        .slice(0, limit);
    const expectSame = (found: readonly VectorHit[], expected: readonly VectorHit[]): void => {
      expect(found.map((hit) => hit.id)).toEqual(expected.map((hit) => hit.id));
      for (const [i, hit] of found.entries()) expect(hit.score).toBeCloseTo(expected[i]?.score ?? Number.NaN, 10);
    };

    it.each([1, 7, 63, 64, 65, 1000, 9000])('agrees with brute force over %i vectors', async (count) => {
      const vectors = fill(count, 66, count);
      const random = seededRandom(99);
      for (const limit of [1, 5, 4096]) {
        for (const minScore of [Number.NEGATIVE_INFINITY, 0, 0.1]) {
          const probe = unitVector(random, 66);
          const exclude = new Set([...vectors.keys()].filter(() => random() < 0.01));
          const found = await index.search('space', probe, { ...everything(), limit, minScore, exclude });
          expectSame(found, bruteForce(vectors, probe, { limit, minScore, exclude }));
        }
      }
    });

    it('agrees with brute force after any sequence of puts, replacements and removals', async () => {
      const random = seededRandom(7);
      const truth = new Map<string, Float32Array>();
      index.createSpace('space', 16);
      for (let step = 0; step < 400; step++) {
        const ids = Array.from({ length: 1 + Math.floor(random() * 20) }, () => uuid(Math.floor(random() * 500)));
        if (random() < 0.5) {
          const vectors = ids.map((id) => ({ id, vector: unitVector(random, 16) }));
          index.put('space', vectors);
          for (const { id, vector } of vectors) truth.set(id, vector);
        } else {
          index.remove('space', ids);
          for (const id of ids) truth.delete(id);
        }
        expect(index.size('space')).toBe(truth.size);
        const probe = unitVector(random, 16);
        const found = await index.search('space', probe, { ...everything(), limit: 10 });
        expectSame(found, bruteForce(truth, probe, { minScore: Number.NEGATIVE_INFINITY, limit: 10 }));
      }
    });

    it('stays exact while vectors come, change and go during a large scan', async () => {
      const vectors = fill(30_000, 32, 3);
      const random = seededRandom(4);
      const ids = [...vectors.keys()];
      for (let round = 0; round < 10; round++) {
        const probe = unitVector(random, 32);
        const searching = index.search('space', probe, { ...everything(), limit: 50 });
        for (let i = 0; i < 40; i++) {
          const id = ids[Math.floor(random() * ids.length)] ?? '';
          if (random() < 0.5) {
            index.remove('space', [id]);
            vectors.delete(id);
          } else {
            const vector = unitVector(random, 32);
            index.put('space', [{ id, vector }]);
            vectors.set(id, vector);
          }
        }
        // The best match of all comes while the scan runs.
        index.put('space', [{ id: uuid(round), vector: probe }]);
        vectors.set(uuid(round), probe);
        expectSame(await searching, bruteForce(vectors, probe, { ...everything(), limit: 50 }));
      }
    });

    it.each([300, 20_000])('orders equal scores by id, and by id decides who is left out, of %i', async (count) => {
      const vector = unitVector(seededRandom(1), 32);
      const ids = Array.from({ length: count }, (_, i) => uuid((i * 7919) % count));
      index.createSpace('space', 32);
      index.put(
        'space',
        ids.map((id) => ({ id, vector })),
      );
      const found = await index.search('space', vector, { ...everything(), limit: 5 });
      expect(found.map((hit) => hit.id)).toEqual([0, 1, 2, 3, 4].map(uuid));
      expect(new Set(found.map((hit) => hit.score)).size).toBe(1);
    });

    it('gives a vector the same score in a small space and in a large one', async () => {
      const vectors = fill(20_000, 128, 12);
      const [id = '', vector = new Float32Array()] = [...vectors][777] ?? [];
      const probe = unitVector(seededRandom(5), 128);
      index.createSpace('small', 128);
      index.put('small', [{ id, vector }]);
      const [alone] = await index.search('small', probe, everything());
      const among = (await index.search('space', probe, { ...everything(), limit: 20_000 })).find(
        (hit) => hit.id === id,
      );
      expect(among?.score).toBe(alone?.score);
    });

    it('keeps spaces apart, and forgets a dropped one', async () => {
      const probe = Float32Array.of(1, 0);
      index.createSpace('a', 2);
      index.createSpace('b', 2);
      index.put('a', [{ id: 'in-a', vector: probe }]);
      index.put('b', [{ id: 'in-b', vector: probe }]);
      expect((await index.search('a', probe, everything())).map((hit) => hit.id)).toEqual(['in-a']);
      index.dropSpace('a');
      expect(index.has('a', 'in-a')).toBe(false);
      index.createSpace('a', 2);
      expect(await index.search('a', probe, everything())).toEqual([]);
      expect(index.has('b', 'in-b')).toBe(true);
    });

    it.each([10, 60_000])('stops a search over %i vectors when it is called off', async (count) => {
      fill(count, 32, 8);
      const probe = unitVector(seededRandom(6), 32);
      await expect(
        index.search('space', probe, { ...everything(), signal: AbortSignal.abort(new Error('gone')) }),
      ).rejects.toThrow('gone');
      const leaving = new AbortController();
      const searching = index.search('space', probe, { ...everything(), signal: leaving.signal });
      leaving.abort(new Error('gone'));
      if (count > 10) await expect(searching).rejects.toThrow('gone');
      else await searching;
      expect(await index.search('space', probe, { ...everything(), limit: 3 })).toHaveLength(3);
    });

    it('answers many searches at once', async () => {
      const vectors = fill(20_000, 64, 21);
      const random = seededRandom(22);
      const probes = Array.from({ length: 12 }, () => unitVector(random, 64));
      const answers = await Promise.all(
        probes.map((probe) => index.search('space', probe, { ...everything(), limit: 7 })),
      );
      for (const [i, probe] of probes.entries()) {
        expectSame(answers[i] ?? [], bruteForce(vectors, probe, { ...everything(), limit: 7 }));
      }
    });

    it.each([3000, 9000])('uses the place of what was removed again, of %i', (count) => {
      const vectors = fill(count, 32, 2);
      const before = index.memoryBytes();
      for (const [id, vector] of vectors) {
        index.remove('space', [id]);
        index.put('space', [{ id, vector }]);
      }
      expect(before).toBeGreaterThan(count * 32 * 2);
      expect(index.memoryBytes()).toBeLessThanOrEqual(1.1 * before);
    });

    it('gives memory back when most of a large space is removed, and answers on', async () => {
      const vectors = fill(20_000, 64, 31);
      const before = index.memoryBytes();
      const ids = [...vectors.keys()];
      for (const [i, id] of ids.entries()) {
        if (i % 10 === 0) continue;
        index.remove('space', [id]);
        vectors.delete(id);
      }
      expect(index.memoryBytes()).toBeLessThan(before / 3);
      const probe = unitVector(seededRandom(32), 64);
      const found = await index.search('space', probe, { ...everything(), limit: 30 });
      expectSame(found, bruteForce(vectors, probe, { minScore: Number.NEGATIVE_INFINITY, limit: 30 }));
    });

    it('gives a group back as it was read, with its ids and scores', async () => {
      const random = seededRandom(41);
      const vectors = new Map<string, Float32Array>();
      index.createSpace('space', 96);
      for (let i = 0; i < 6000; i++) {
        const entry = { id: uuid(i), vector: unitVector(random, 96), group: Math.floor(i / 2000) };
        vectors.set(entry.id, entry.vector);
        index.put('space', [entry]);
      }
      const mean = index.codeMean('space');
      expect(mean).toHaveLength(96);
      expect(index.readGroup('space', 3)).toBeUndefined();
      const groups = [0, 1, 2].flatMap((group) => index.readGroup('space', group) ?? []);
      expect(groups.map(({ count }) => count)).toEqual([2000, 2000, 2000]);
      const again = keepingVectors(open());
      again.createSpace('space', 96, mean);
      const [first, second, third] = groups;
      if (first === undefined || second === undefined || third === undefined) throw new Error('three groups');
      again.putGroup('space', third);
      again.putGroup('space', first);
      expect(() => again.putGroup('space', first)).toThrow(RangeError);
      expect(() => again.putGroup('space', { ...second, bytes: second.bytes.subarray(1) })).toThrow(RangeError);
      again.putGroup('space', second);
      expect(again.size('space')).toBe(6000);
      expect(again.has('space', uuid(2500))).toBe(true);
      expect(again.readGroup('space', 1)?.bytes).toEqual(second.bytes);
      await again.close();
    });

    it('says before and while vectors come that they do not fit the memory it may take', () => {
      const small = open({ memoryBytes: 200_000 });
      small.createSpace('space', 128, { load: () => [] });
      expect(() => small.reserve('space', 300)).not.toThrow();
      expect(() => small.reserve('space', 5000)).toThrow(IndexMemoryError);
      const random = seededRandom(1);
      const put = () => {
        for (let i = 0; i < 5000; i++) small.put('space', [{ id: uuid(i), vector: unitVector(random, 128) }]);
      };
      expect(put).toThrow(/needs \d+ MiB more and may take \d+/);
      expect(small.memoryBytes()).toBeLessThanOrEqual(400_000);
      return small.close();
    });

    it('refuses vectors and probes of other dimensions', async () => {
      index.createSpace('space', 4);
      expect(() => index.put('space', [{ id: 'x', vector: new Float32Array(3) }])).toThrow(RangeError);
      await expect(index.search('space', new Float32Array(5), everything())).rejects.toThrow(RangeError);
    });
  });
}
