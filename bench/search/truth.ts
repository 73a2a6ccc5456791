import { dotRows, type Matrix } from '../../evals/train/matrix.ts';

/** A vector and its exact score. */
export interface TrueHit {
  readonly number: number;
  readonly score: number;
}

/** Scores are compared to this: sums in double precision differ in their last digits by the order of adding. */
const SAME = 1e-9;

/** What an exact search over all vectors finds for each probe, gathered while the vectors are made. */
export class Truth {
  readonly #probes: Matrix<Float32Array>;
  readonly #limit: number;
  readonly #floors: Float64Array;
  readonly #hits: TrueHit[][];

  /** @param limit how many of the best are kept of each probe @param minScore nothing below it is kept */
  constructor(probes: readonly Float32Array[], { limit, minScore }: { limit: number; minScore: number }) {
    const columns = probes[0]?.length ?? 0;
    const data = new Float32Array(probes.length * columns);
    for (const [i, probe] of probes.entries()) data.set(probe, i * columns);
    this.#probes = { rows: probes.length, columns, data };
    this.#limit = limit;
    this.#floors = new Float64Array(probes.length).fill(minScore - SAME);
    this.#hits = probes.map(() => []);
  }

  /** @param first number of the first row */
  offer(rows: Matrix<Float32Array>, first: number): void {
    const scores = dotRows(rows, this.#probes).data;
    const probes = this.#probes.rows;
    for (let r = 0; r < rows.rows; r++) {
      for (let p = 0; p < probes; p++) {
        const score = scores[r * probes + p] as number;
        if (score < (this.#floors[p] as number)) continue;
        const hits = this.#hits[p] as TrueHit[];
        hits.push({ number: first + r, score });
        if (hits.length >= 4 * this.#limit) this.#prune(p);
      }
    }
  }

  /** Best first. */
  of(probe: number): readonly TrueHit[] {
    this.#prune(probe);
    return this.#hits[probe] as TrueHit[];
  }

  #prune(probe: number): void {
    const hits = this.#hits[probe] as TrueHit[];
    hits.sort((a, b) => b.score - a.score);
    // One more, to tell whether the last has an equal.
    hits.length = Math.min(hits.length, this.#limit + 1);
    if (hits.length > this.#limit) this.#floors[probe] = hits.at(-1)?.score as number;
  }
}

/** What was found of what is true. */
export interface Recall {
  readonly found: number;
  readonly wanted: number;
}

/**
 * Counts what a search found of the true hits at or above a score, those left out that tie with what comes next.
 *
 * @param truth best first
 */
export function recallOf(
  truth: readonly TrueHit[],
  found: ReadonlySet<number>,
  { limit, minScore }: { limit: number; minScore: number },
): Recall {
  const next = truth[limit]?.score ?? Number.NEGATIVE_INFINITY;
  const wanted = truth.slice(0, limit).filter(({ score }) => score > minScore + SAME && score > next + SAME);
  return { found: wanted.filter(({ number }) => found.has(number)).length, wanted: wanted.length };
}

/** Recalls of several searches as one. */
export function joinRecalls(recalls: readonly Recall[]): Recall {
  return {
    found: recalls.reduce((sum, { found }) => sum + found, 0),
    wanted: recalls.reduce((sum, { wanted }) => sum + wanted, 0),
  };
}
