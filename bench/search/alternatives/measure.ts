import { dotRows, type Matrix, rowOf, zeros32 } from '../../../evals/train/matrix.ts';
import { openGallery, readStatistics } from '../../galleries/gallery.ts';
import { serveChild } from '../../shared/child.ts';
import { percentile } from '../../shared/stats.ts';
import { similarity80 } from '../threshold.ts';
import { evenBasis, principalBasis } from './basis.ts';
import { clusters, signBits } from './bounds.ts';
import { byteCodes, type Filter, leadingCodes, nibbleCodes } from './codes.ts';

/** Asks for filters to be measured over so many synthetic faces. */
export interface AlternativesQuestion {
  readonly vectors: number;
  readonly probes: number;
}

/** What was measured of a filter, on one thread. */
export interface AlternativeFigures {
  readonly name: string;
  readonly bytesPerVector: number;
  /** Shares of the vectors that are left to be looked at, at each aim. */
  readonly left: Readonly<Record<Aim, number>>;
  /** Milliseconds, p50, of a pass and of scoring what it left; absent where there is no kernel. */
  readonly ms?: Readonly<Record<Aim, number>>;
  /** Matches at the aim that the filter left out; 0 where its bound is exact. */
  readonly missed: number;
  readonly isExact: boolean;
}

/** What is searched for: all at similarity 80, or the best alone. */
export type Aim = 'similarity 80' | 'best 1' | 'best 100' | 'best 4096';

const SAMPLE = 8192;
/** Vectors of which those are counted that a bound without a kernel leaves. */
const BOUNDED = 100_000;
/** The first warms up. */
const ROUNDS = 4;
const AIMS: readonly Aim[] = ['similarity 80', 'best 1', 'best 100', 'best 4096'];
const LIMITS = { 'best 1': 1, 'best 100': 100, 'best 4096': 4096 } as const;

serveChild<AlternativesQuestion, AlternativeFigures[]>(async ({ vectors: count, probes: probeCount }) => {
  const gallery = openGallery(readStatistics(), { seed: 11, turned: true });
  const vectors = zeros32(count - (count % 4), gallery.dimensions);
  for (let r = 0; r < vectors.rows; r++) gallery.write(r, vectors.data, r * gallery.dimensions);
  const probes = Array.from({ length: probeCount }, (_, i) => gallery.mate(Math.floor((i * count) / probeCount)));
  const threshold = similarity80();
  const exact = probes.map((probe) => exactOf(vectors, probe));
  const sample = { ...vectors, rows: Math.min(SAMPLE, vectors.rows) };
  const principal = principalBasis({ ...sample, data: vectors.data.subarray(0, sample.rows * vectors.columns) });
  const even = evenBasis(principal, gallery.turn);
  const filters = [
    await byteCodes(vectors, principal.mean, 'own'),
    await byteCodes(vectors, principal.mean, 'four at a time'),
    await leadingCodes(vectors, principal, 64, true),
    await leadingCodes(vectors, principal, 64),
    await leadingCodes(vectors, principal, 48),
    await leadingCodes(vectors, principal, 32),
    await nibbleCodes(vectors, even),
  ];
  const figures = measureFilters(filters, vectors, probes, exact, threshold);
  const some = { ...vectors, rows: Math.min(BOUNDED, vectors.rows) };
  const signs = signBits(some, even);
  for (const bound of [signs.exact, signs.likely, clusters(some, Math.round(Math.sqrt(some.rows)))]) {
    const leastOf = (aim: Aim, i: number): number =>
      aim === 'similarity 80' ? threshold : (exact[i]?.at(LIMITS[aim] - 1) ?? Number.NEGATIVE_INFINITY);
    const left = forEachAim((aim) => mean(probes.map((probe, i) => bound.shareLeft(probe, leastOf(aim, i) - 1e-6))));
    figures.push({ name: bound.name, bytesPerVector: bound.bytesPerVector, left, missed: 0, isExact: bound.isExact });
  }
  return figures;
});

/** The best scores of a probe, descending, as many as any aim needs. */
function exactOf(vectors: Matrix<Float32Array>, probe: Float32Array): Float64Array {
  const scores = dotRows(vectors, { rows: 1, columns: probe.length, data: probe }).data;
  return scores.sort().reverse().slice(0, 8192);
}

/** Each probe with every filter in turn, so that what disturbs one disturbs all. */
function measureFilters(
  filters: readonly Filter[],
  vectors: Matrix<Float32Array>,
  probes: readonly Float32Array[],
  exact: readonly Float64Array[],
  threshold: number,
): AlternativeFigures[] {
  const measured = filters.map((filter) => ({ filter, ms: lists(), shares: lists(), missed: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, probe] of probes.entries()) {
      const truth = exact[i] as Float64Array;
      for (const aim of AIMS) {
        // A scan that learns its threshold as it goes comes near to this one, which is told it.
        const least = aim === 'similarity 80' ? threshold : (truth[LIMITS[aim] - 1] as number) - 1e-9;
        const wanted = truth.filter((value) => value >= least + 1e-9).length;
        for (const one of measured) {
          const start = performance.now();
          const left = one.filter.prepare(probe)(least);
          const found = score(vectors, probe, left, least);
          if (round > 0) one.ms[aim].push(performance.now() - start);
          one.shares[aim].push((left.read ?? left.count) / vectors.rows);
          one.missed += Math.max(0, wanted - found);
        }
      }
    }
  }
  return measured.map(({ filter, ms, shares, missed }) => ({
    name: filter.name,
    bytesPerVector: filter.bytesPerVector,
    left: forEachAim((aim) => mean(shares[aim])),
    ms: forEachAim((aim) => percentile(ms[aim], 0.5)),
    missed,
    isExact: true,
  }));
}

function lists(): Record<Aim, number[]> {
  return { 'similarity 80': [], 'best 1': [], 'best 100': [], 'best 4096': [] };
}

/** Scores what is left by the vectors themselves, in the order they lie. @returns how many reach the score */
function score(
  vectors: Matrix<Float32Array>,
  probe: Float32Array,
  left: ReturnType<ReturnType<Filter['prepare']>>,
  least: number,
): number {
  let found = 0;
  for (let i = 0; i < left.count; i++) {
    const row = rowOf(vectors, left.index(i));
    let sum = 0;
    for (let k = 0; k < row.length; k++) sum += (row[k] as number) * (probe[k] as number);
    if (sum >= least - 1e-9) found++;
  }
  return found;
}

function forEachAim(of: (aim: Aim) => number): Record<Aim, number> {
  return {
    'similarity 80': of('similarity 80'),
    'best 1': of('best 1'),
    'best 100': of('best 100'),
    'best 4096': of('best 4096'),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
