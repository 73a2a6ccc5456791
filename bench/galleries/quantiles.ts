import { dotRows, type Matrix, zeros32 } from '../../evals/train/matrix.ts';
import { percentile } from '../shared/stats.ts';
import { table } from '../shared/table.ts';
import type { Gallery, ScoreQuantiles } from './gallery.ts';

/** Percents at which synthetic scores are held against real ones. */
export const IMPOSTOR_PERCENTS: readonly string[] = ['1', '50', '90', '99', '99.9', '99.99', '99.999'];
export const GENUINE_PERCENTS: readonly string[] = ['1', '5', '25', '50', '75', '95'];
/** People among whom hubness is counted. */
const HUB_PEOPLE = 2000;

/**
 * Sums up scores.
 *
 * @param impostor of pairs of different people, ascending
 * @param hubs of people, one template each, whose hubness is counted
 */
export function scoreQuantiles(
  impostor: Float32Array,
  genuine: readonly number[],
  hubs: Matrix<Float32Array>,
): ScoreQuantiles {
  const at = (percent: string) => impostor[Math.round((Number(percent) / 100) * (impostor.length - 1))] ?? Number.NaN;
  return {
    impostor: Object.fromEntries(IMPOSTOR_PERCENTS.map((percent) => [percent, rounded(at(percent))])),
    genuine: Object.fromEntries(
      GENUINE_PERCENTS.map((percent) => [percent, rounded(percentile(genuine, Number(percent) / 100))]),
    ),
    hubness: Number(hubness(hubs).toFixed(2)),
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(5));
}

/** The scores of the rows' pairs, ascending. */
export function pairScores(
  rows: Matrix<Float32Array>,
  isLeftOut: (a: number, b: number) => boolean = () => false,
): Float32Array {
  const scores = dotRows(rows, rows, true).data;
  const n = rows.rows;
  const out = new Float32Array((n * (n - 1)) / 2);
  let count = 0;
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) if (!isLeftOut(a, b)) out[count++] = scores[a * n + b] as number;
  }
  return out.slice(0, count).sort();
}

function hubness(all: Matrix<Float32Array>): number {
  const n = Math.min(HUB_PEOPLE, all.rows);
  const rows = { rows: n, columns: all.columns, data: all.data.subarray(0, n * all.columns) };
  const scores = dotRows(rows, rows, true).data;
  const sorted = pairScores(rows);
  const high = sorted[Math.round(0.999 * (sorted.length - 1))] as number;
  const counts = Array.from({ length: n }, (_, a) => {
    let count = 0;
    for (let b = 0; b < n; b++) if (a !== b && (scores[a * n + b] as number) > high) count++;
    return count;
  });
  const mean = counts.reduce((sum, count) => sum + count, 0) / n;
  return Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / n) / mean;
}

/** The quantiles of a gallery's first so many people and of a mate of each. */
export function quantilesOfGallery(gallery: Gallery, people: number): ScoreQuantiles {
  const rows = zeros32(people, gallery.dimensions);
  const genuine: number[] = [];
  for (let person = 0; person < people; person++) {
    gallery.write(person, rows.data, person * gallery.dimensions);
    const mate = gallery.mate(person);
    genuine.push(mate.reduce((sum, x, i) => sum + x * (rows.data[person * gallery.dimensions + i] as number), 0));
  }
  return scoreQuantiles(pairScores(rows), genuine, rows);
}

/** How far synthetic scores may be from real ones: a tenth of the distance between an impostor's and a mate's. */
export const GREATEST_DEVIATION = 0.005;
/** Where they must not be further off. Above, a few pairs decide; below, nobody searches. */
const HELD = { impostor: ['50', '90', '99', '99.9', '99.99'], genuine: ['1', '5', '25', '50'] } as const;

/** Where synthetic scores differ from real ones, and by how much. */
export function deviations(real: ScoreQuantiles, synthetic: ScoreQuantiles): { what: string; by: number }[] {
  return (['impostor', 'genuine'] as const).flatMap((kind) =>
    HELD[kind].map((percent) => ({
      what: `${kind} ${percent} %`,
      by: (synthetic[kind][percent] ?? Number.NaN) - (real[kind][percent] ?? Number.NaN),
    })),
  );
}

/** Real and synthetic scores side by side. */
export function describeQuantiles(real: ScoreQuantiles, synthetic: ScoreQuantiles): string {
  const rows = (['impostor', 'genuine'] as const).flatMap((kind) =>
    Object.keys(real[kind]).map((percent) => {
      const [is, made] = [real[kind][percent] ?? Number.NaN, synthetic[kind][percent] ?? Number.NaN];
      return [`${kind} ${percent} %`, is.toFixed(4), made.toFixed(4), (made - is).toFixed(4)];
    }),
  );
  return table(
    ['score below which a share of pairs lies', 'real', 'synthetic', 'difference'],
    [...rows, ['hubness', real.hubness, synthetic.hubness, (synthetic.hubness - real.hubness).toFixed(2)]],
  );
}
