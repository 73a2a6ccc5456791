import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';
import { Draws, normalTable } from './random-numbers.ts';

/** The statistics of a face model's templates: numbers about many people together, and of nobody's face. */
export interface GalleryStatistics {
  readonly format: 1;
  readonly what: string;
  readonly modelVersion: string;
  readonly dimensions: number;
  readonly fittedOn: Readonly<Record<string, string | number>>;
  /** Of all templates, each person counted once. */
  readonly mean: readonly number[];
  /** A mixture of normal distributions without correlations inside a component, for all dimensions but the first. */
  readonly components: readonly {
    readonly weight: number;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  }[];
  /** Quantiles of the squared distance from the mean without the first dimension, equally spaced from 0 to 1. */
  readonly energy: readonly number[];
  /** Quantiles of the share of it that dimensions 1 to 12 have, where people differ most; equally spaced from 0 to 1. */
  readonly share: readonly number[];
  /** The first dimension: the recipe takes from it what others have too much, so that it follows from the rest. */
  readonly first: {
    readonly intercept: number;
    readonly energy: number;
    /** Per dimension of the difference from the mean; the first is 0. */
    readonly linear: readonly number[];
    /** Standard deviation of what does not follow. */
    readonly noise: number;
  };
  /** Standard deviation over all people. */
  readonly spread: readonly number[];
  /** Correlation of two photos of one person. */
  readonly persistence: readonly number[];
  /** How unequal photos are: standard deviation of the logarithm of the variance between two of one person. */
  readonly inequality: number;
  /** What the templates that were fitted showed, to hold synthetic ones against. */
  readonly measured: ScoreQuantiles;
}

/** Scores below which a share of the pairs lies, by percent. */
export interface ScoreQuantiles {
  /** Of two people. */
  readonly impostor: Readonly<Record<string, number>>;
  /** Of two photos of one person. */
  readonly genuine: Readonly<Record<string, number>>;
  /**
   * How unequally likely people are to be taken for somebody else: standard deviation over mean of how many others score
   * above the 99.9 % quantile with each, among 2,000 people; 0.7 where all are alike.
   */
  readonly hubness: number;
}

/** People who never were, one template each, and further photos of theirs. */
export interface Gallery {
  readonly dimensions: number;
  /** Writes the template of a person, by number from 0 on. */
  write(person: number, out: Float32Array, at?: number): void;
  template(person: number): Float32Array;
  /** The template of another photo of a person. @param photo from 1 on */
  mate(person: number, photo?: number): Float32Array;
  /** Turns a template of another source as this gallery's are turned. */
  turn(template: Float32Array): Float32Array;
}

const STREAM_OF_PERSON = 0;
/** The first dimension that is not among those whose share of the energy is drawn. */
export const SHARE_END = 13;

/** Reads the statistics that are committed, of the profile `accurate`. */
export function readStatistics(): GalleryStatistics {
  return JSON.parse(readFileSync(statisticsFile(), 'utf8')) as GalleryStatistics;
}

/** Where they lie. */
export function statisticsFile(): string {
  return join(packageRoot(), 'bench', 'galleries', 'statistics.json');
}
/**
 * Opens a gallery: the same seed gives the same people, and person 19,999,999 costs no more than person 0, about a
 * microsecond.
 *
 * @param options.turned turns every template by one random rotation, as the stores do: scores stay, and no dimension
 *   is more than another
 */
export function openGallery(
  statistics: GalleryStatistics,
  { seed, turned = false }: { readonly seed: number; readonly turned?: boolean },
): Gallery {
  const { dimensions, first, inequality } = statistics;
  const normals = normalTable();
  const draws = new Draws();
  const scratch = new Float64Array(dimensions);
  const mean = Float64Array.from(statistics.mean);
  const linear = Float64Array.from(first.linear);
  const energies = Float64Array.from(statistics.energy);
  const shares = Float64Array.from(statistics.share);
  const components = statistics.components.map((component) => ({
    // from the mean of all, which is added last
    offset: Float64Array.from(component.mean, (x, i) => x - (mean[i] as number)),
    deviation: Float64Array.from(component.deviation),
  }));
  const bounds = boundsOf(statistics.components.map(({ weight }) => weight));
  const turn = turned ? drawTurn(seed, dimensions) : (vector: Float64Array) => vector;

  /** The first dimension, of the others' differences from the mean. */
  const firstOf = (differences: Float64Array, energy: number, noise: number): number => {
    let sum = first.intercept + first.energy * energy + first.noise * noise;
    for (let i = 1; i < dimensions; i++) sum += (linear[i] as number) * (differences[i] as number);
    return sum;
  };
  const normal = (): number => normals[draws.bits() >>> 16] as number;

  /** A person's differences from the mean; the first dimension whole. */
  const drawPerson = (person: number): Float64Array => {
    draws.begin(seed, person, STREAM_OF_PERSON);
    const which = draws.uniform();
    let at = 0;
    while (which >= (bounds[at] as number)) at++;
    const { offset, deviation } = components[at] as (typeof components)[number];
    const wanted = interpolate(energies, draws.uniform());
    const share = interpolate(shares, draws.uniform());
    for (let i = 0; i < dimensions; i += 2) {
      const bits = draws.bits();
      const a = (offset[i] as number) + (deviation[i] as number) * (normals[bits >>> 16] as number);
      const b = (offset[i + 1] as number) + (deviation[i + 1] as number) * (normals[bits & 0xffff] as number);
      scratch[i] = a;
      scratch[i + 1] = b;
    }
    scaleTo(scratch, 1, SHARE_END, share * wanted);
    scaleTo(scratch, SHARE_END, dimensions, (1 - share) * wanted);
    scratch[0] = firstOf(scratch, wanted, normal());
    return scratch;
  };
  const finish = (differences: Float64Array, out: Float32Array, at: number): void => {
    for (let i = 1; i < dimensions; i++) (differences[i] as number) += mean[i] as number;
    const finished = turn(differences);
    for (let i = 0; i < dimensions; i++) out[at + i] = finished[i] as number;
  };

  return {
    dimensions,
    write: (person, out, at = 0) => finish(drawPerson(person), out, at),
    template(person) {
      const out = new Float32Array(dimensions);
      finish(drawPerson(person), out, 0);
      return out;
    },
    mate(person, photo = 1) {
      const differences = drawPerson(person).slice();
      draws.begin(seed, person, STREAM_OF_PERSON + photo);
      const difficulty = Math.exp(inequality * normal() - inequality ** 2 / 2);
      let energy = 0;
      for (let i = 1; i < dimensions; i++) {
        const lost = Math.min(1, difficulty * (1 - (statistics.persistence[i] as number) ** 2));
        const kept = Math.sqrt(1 - lost) * (differences[i] as number);
        const other = kept + Math.sqrt(lost) * (statistics.spread[i] as number) * normal();
        differences[i] = other;
        energy += other * other;
      }
      differences[0] = firstOf(differences, energy, normal());
      const out = new Float32Array(dimensions);
      finish(differences, out, 0);
      return out;
    },
    turn: (template) => Float32Array.from(turn(Float64Array.from(template))),
  };
}

/** Gives a part of a vector a squared length. */
function scaleTo(vector: Float64Array, from: number, to: number, energy: number): void {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (vector[i] as number) ** 2;
  const scale = Math.sqrt(energy / sum);
  for (let i = from; i < to; i++) (vector[i] as number) *= scale;
}

function boundsOf(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const bounds = Float64Array.from(weights, (weight) => {
    sum += weight / total;
    return sum;
  });
  // the last, rounded, might stay below a number drawn
  bounds[bounds.length - 1] = Number.POSITIVE_INFINITY;
  return bounds;
}

function interpolate(quantiles: Float64Array, share: number): number {
  const at = share * (quantiles.length - 1);
  const low = Math.floor(at);
  const below = quantiles[low] as number;
  return below + ((quantiles[low + 1] ?? below) - below) * (at - low);
}

/** A random rotation: two rounds of random signs and a Walsh-Hadamard transform, a tenth of the stores' own in time. */
function drawTurn(seed: number, dimensions: number): (vector: Float64Array) => Float64Array {
  if (dimensions !== 128) throw new RangeError(`turns are of 128 dimensions, not ${dimensions}`);
  const draws = new Draws();
  draws.begin(seed, 0x7fff_ffff, STREAM_OF_PERSON);
  const size = 1 / Math.sqrt(dimensions);
  const rounds = [0, 1].map(() => Float64Array.from({ length: dimensions }, () => (draws.bits() < 0 ? -size : size)));
  const [first, second] = [new Float64Array(dimensions), new Float64Array(dimensions)];
  return (vector) => {
    let from = vector;
    for (const signs of rounds) {
      for (let i = 0; i < dimensions; i++) second[i] = (from[i] as number) * (signs[i] as number);
      joinFours(second, first);
      joinFours(first, second);
      joinFours(second, first);
      joinTwos(first, second);
      from = second;
    }
    return second;
  };
}

/** Two of the seven steps of the transform of 128 numbers: every number with three others. */
function joinFours(from: Float64Array, to: Float64Array): void {
  for (let i = 0; i < 32; i++) {
    const a = from[4 * i] as number;
    const b = from[4 * i + 1] as number;
    const c = from[4 * i + 2] as number;
    const d = from[4 * i + 3] as number;
    to[i] = a + b + (c + d);
    to[i + 32] = a - b + (c - d);
    to[i + 64] = a + b - (c + d);
    to[i + 96] = a - b - (c - d);
  }
}

/** The last step: every number with one other. */
function joinTwos(from: Float64Array, to: Float64Array): void {
  for (let i = 0; i < 64; i++) {
    const a = from[2 * i] as number;
    const b = from[2 * i + 1] as number;
    to[i] = a + b;
    to[i + 64] = a - b;
  }
}
