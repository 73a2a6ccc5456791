import { solvePositive } from '../../evals/train/matrix.ts';
import { seededRandom } from '../shared/stats.ts';
import { type GalleryStatistics, SHARE_END } from './gallery.ts';

/** Templates to fit statistics on, and whose they are. */
export interface FittedTemplates {
  /** `[faces, dimensions]`. */
  readonly templates: readonly Float32Array[];
  /** A number per face that is the same for faces of one person. */
  readonly people: readonly number[];
  /** Pairs of faces that the data set names as one person's, by index. */
  readonly pairs: readonly (readonly [number, number])[];
}

type Fitted = Pick<GalleryStatistics, 'mean' | 'components' | 'energy' | 'share' | 'first' | 'spread' | 'persistence'>;

/** Components of the mixture: more of them would stand for fewer than 50 people each, and fit no better. */
const COMPONENTS = 16;
const ROUNDS = 60;
/** A component's variances count as many people of the whole besides its own, at this share of the whole's variance. */
const PRIOR = { people: 30, share: 0.8 };
const ENERGY_STEPS = 32;

/**
 * Fits what the generator needs but for the inequality of photos, which is tried out; see fit-galleries.
 *
 * One normal distribution does not do: its scores of two people reach .90 once in 10,000 where real ones reach .846,
 * because the recipe works on vectors of unit length and takes from everybody what they share with many.
 */
export function fitStatistics({ templates, people, pairs }: FittedTemplates): Fitted {
  const photos = new Map<number, number>();
  for (const person of people) photos.set(person, (photos.get(person) ?? 0) + 1);
  // Everyone counts once, however many photos there are.
  const weights = Float64Array.from(people, (person) => 1 / (photos.get(person) ?? 1));
  const mean = weightedMean(templates, weights);
  const spread = weightedMean(
    templates.map((template) => template.map((x, i) => (x - (mean[i] ?? 0)) ** 2)),
    weights,
  ).map(Math.sqrt);
  const differences = templates.map((template) => Float64Array.from(template, (x, i) => x - (mean[i] ?? 0)));
  const energyOf = (row: Float64Array): number => row.reduce((sum, x) => sum + x * x, 0);
  const energies = differences.map((row) => energyOf(row.subarray(1)));
  const shares = differences.map((row, i) => energyOf(row.subarray(1, SHARE_END)) / (energies[i] ?? 1));
  return {
    mean: round(mean),
    components: fitMixture(templates, weights, spread).map((component) => ({
      weight: Number(component.weight.toFixed(5)),
      mean: round(component.mean),
      deviation: round(component.deviation),
    })),
    energy: round(quantilesOf(energies, weights)),
    share: round(quantilesOf(shares, weights)),
    first: fitFirst(templates, differences, energies, weights),
    spread: round(spread),
    persistence: round(persistenceOf(templates, pairs, spread)),
  };
}

function round(values: ArrayLike<number>): number[] {
  return Array.from(values, (x) => Number(x.toFixed(6)));
}

function weightedMean(rows: readonly Float32Array[], weights: Float64Array): Float64Array {
  const sums = new Float64Array(rows[0]?.length ?? 0);
  let total = 0;
  for (const [r, row] of rows.entries()) {
    const weight = weights[r] ?? 0;
    total += weight;
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + weight * (row[i] ?? 0);
  }
  return sums.map((sum) => sum / total);
}

function quantilesOf(values: readonly number[], weights: Float64Array): number[] {
  const sorted = values.map((value, i) => ({ value, weight: weights[i] ?? 0 })).sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  return Array.from({ length: ENERGY_STEPS + 1 }, (_, step) => {
    let left = (step / ENERGY_STEPS) * total;
    // The very least and greatest are one person's; the ends are where half a percent lies beyond.
    left = Math.min(Math.max(left, total * 0.005), total * 0.995);
    for (const { value, weight } of sorted) {
      left -= weight;
      if (left <= 0) return value;
    }
    return sorted.at(-1)?.value ?? 0;
  });
}

interface Component {
  weight: number;
  mean: Float64Array;
  deviation: Float64Array;
}

/** Expectation and maximisation. */
function fitMixture(rows: readonly Float32Array[], weights: Float64Array, spread: Float64Array): Component[] {
  const random = seededRandom(3);
  const centre = weightedMean(rows, weights);
  let components: Component[] = Array.from({ length: COMPONENTS }, () => {
    const row = rows[Math.floor(random() * rows.length)] ?? new Float32Array(centre.length);
    return {
      weight: 1 / COMPONENTS,
      mean: centre.map((x, i) => (x + (row[i] ?? 0)) / 2),
      deviation: spread.slice(),
    };
  });
  for (let turn = 0; turn < ROUNDS; turn++) components = improve(rows, weights, spread, components);
  return components;
}

function improve(
  rows: readonly Float32Array[],
  weights: Float64Array,
  spread: Float64Array,
  components: readonly Component[],
): Component[] {
  const dimensions = spread.length;
  const sums = components.map(() => ({
    people: 1e-9,
    first: new Float64Array(dimensions),
    second: new Float64Array(dimensions),
  }));
  const terms = components.map(({ weight, deviation }) => ({
    constant: Math.log(weight) - deviation.reduce((sum, s) => sum + Math.log(s), 0),
    precision: deviation.map((s) => 1 / (2 * s * s)),
  }));
  for (const [r, row] of rows.entries()) {
    const logs = components.map(({ mean }, k) => {
      const { constant, precision } = terms[k] as (typeof terms)[number];
      let sum = constant;
      for (let i = 0; i < dimensions; i++) {
        sum -= (precision[i] as number) * ((row[i] as number) - (mean[i] as number)) ** 2;
      }
      return sum;
    });
    const most = Math.max(...logs);
    const shares = logs.map((log) => Math.exp(log - most));
    const total = shares.reduce((sum, share) => sum + share, 0);
    for (const [k, sum] of sums.entries()) {
      const share = ((shares[k] ?? 0) / total) * (weights[r] ?? 0);
      sum.people += share;
      for (let i = 0; i < dimensions; i++) {
        const x = row[i] as number;
        sum.first[i] = (sum.first[i] as number) + share * x;
        sum.second[i] = (sum.second[i] as number) + share * x * x;
      }
    }
  }
  const everyone = sums.reduce((total, { people }) => total + people, 0);
  return sums.map(({ people, first, second }) => {
    const mean = first.map((sum) => sum / people);
    const deviation = second.map((sum, i) => {
      const own = sum - people * (mean[i] as number) ** 2;
      const prior = PRIOR.people * PRIOR.share * (spread[i] as number) ** 2;
      return Math.sqrt((own + prior) / (people + PRIOR.people));
    });
    return { weight: people / everyone, mean, deviation };
  });
}

/** Least squares, of the first dimension on the energy and on the others' differences from the mean. */
function fitFirst(
  templates: readonly Float32Array[],
  differences: readonly Float64Array[],
  energies: readonly number[],
  weights: Float64Array,
): GalleryStatistics['first'] {
  const dimensions = differences[0]?.length ?? 0;
  // Column 0 stands for the energy, the last for the constant.
  const rows = differences.map((row, r) => Float64Array.from([energies[r] ?? 0, ...row.subarray(1), 1]));
  const targets = templates.map((template) => template[0] ?? 0);
  const solution = leastSquares(rows, targets, weights);
  let squares = 0;
  let total = 0;
  for (const [r, row] of rows.entries()) {
    const predicted = row.reduce((sum, x, i) => sum + x * (solution[i] ?? 0), 0);
    squares += (weights[r] ?? 0) * ((targets[r] ?? 0) - predicted) ** 2;
    total += weights[r] ?? 0;
  }
  return {
    intercept: Number((solution[dimensions] ?? 0).toFixed(6)),
    energy: Number((solution[0] ?? 0).toFixed(6)),
    linear: [0, ...round(solution.subarray(1, dimensions))],
    noise: Number(Math.sqrt(squares / total).toFixed(6)),
  };
}

function leastSquares(rows: readonly Float64Array[], targets: readonly number[], weights: Float64Array): Float64Array {
  const n = rows[0]?.length ?? 0;
  const matrix = { rows: n, columns: n, data: new Float64Array(n * n) };
  const right = new Float64Array(n);
  for (const [r, row] of rows.entries()) {
    const weight = weights[r] ?? 0;
    for (let i = 0; i < n; i++) {
      const x = weight * (row[i] as number);
      right[i] = (right[i] as number) + x * (targets[r] ?? 0);
      for (let j = 0; j < n; j++) matrix.data[i * n + j] = (matrix.data[i * n + j] as number) + x * (row[j] as number);
    }
  }
  return solvePositive(matrix, right);
}

function persistenceOf(
  templates: readonly Float32Array[],
  pairs: readonly (readonly [number, number])[],
  spread: Float64Array,
): number[] {
  return Array.from(spread, (deviation, i) => {
    let squares = 0;
    for (const [a, b] of pairs) squares += ((templates[a]?.[i] ?? 0) - (templates[b]?.[i] ?? 0)) ** 2;
    return Math.max(0, 1 - squares / (2 * pairs.length * deviation ** 2));
  });
}
