import { createFlatIndex } from '../../src/stores/vectors/flat-index.ts';
import { serveChild } from '../shared/child.ts';
import { seededRandom } from '../shared/stats.ts';

/** Asks for searches in one space of so many random vectors. */
export interface SearchQuestion {
  readonly vectors: number;
  readonly dimensions: number;
  readonly times: number;
}

/** Milliseconds of each search. */
export interface SearchAnswer {
  readonly ms: readonly number[];
}

serveChild<SearchQuestion, SearchAnswer>(async ({ vectors, dimensions, times }) => {
  const random = seededRandom(3);
  const unitVector = (): Float32Array => {
    const vector = Float32Array.from({ length: dimensions }, () => random() + random() + random() - 1.5);
    const length = Math.hypot(...vector);
    return vector.map((x) => x / length);
  };
  const index = createFlatIndex();
  const kept = new Map<string, Float32Array>();
  index.createSpace('bench', dimensions, { load: (ids) => ids.map((id) => kept.get(id) ?? new Float32Array()) });
  for (let i = 0; i < vectors; i++) {
    const entry = { id: `${i}`, vector: unitVector() };
    kept.set(entry.id, entry.vector);
    index.put('bench', [entry]);
  }
  const ms: number[] = [];
  for (let i = -3; i < times; i++) {
    const probe = unitVector();
    const start = performance.now();
    await index.search('bench', probe, { minScore: -1, limit: 10, signal: new AbortController().signal });
    if (i >= 0) ms.push(performance.now() - start);
  }
  await index.close();
  return { ms };
});
