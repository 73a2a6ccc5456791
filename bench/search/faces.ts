import { zeros32 } from '../../evals/train/matrix.ts';
import { type Gallery, openGallery, readStatistics } from '../galleries/gallery.ts';

/** Real people's templates, one to search with and one to be found; as they come from the face engine. */
export interface RealPairs {
  /** `[pairs, dimensions]`. */
  readonly probes: Float32Array;
  readonly mates: Float32Array;
}

/** What is searched: synthetic faces, among them the mates of the probes. */
export interface Faces {
  readonly count: number;
  readonly dimensions: number;
  readonly probes: readonly Float32Array[];
  /** Writes the vector of a number below the count. */
  write(number: number, out: Float32Array, at: number): void;
  /** The vectors of numbers `from` to below `to`, in one matrix. */
  rows(from: number, to: number): ReturnType<typeof zeros32>;
}

const SEED = 2024;

/**
 * Lays out a gallery of so many faces in which every probe has a mate: real people's where there are any, spread over
 * the numbers; else every probe is another photo of a synthetic person.
 *
 * @param turned as the stores turn templates before they reach the index
 */
export function layOutFaces(
  count: number,
  probes: number,
  { real, turned }: { readonly real: RealPairs | undefined; readonly turned: boolean },
): Faces {
  const gallery = openGallery(readStatistics(), { seed: SEED, turned });
  const { dimensions } = gallery;
  const of = (values: Float32Array, i: number) =>
    turnedIf(gallery, turned, values.slice(i * dimensions, (i + 1) * dimensions));
  const pairs = real === undefined ? 0 : Math.min(probes, real.probes.length / dimensions);
  const placeOf = (pair: number) => Math.floor(((pair + 0.5) * count) / Math.max(1, pairs));
  const mates = new Map<number, Float32Array>();
  for (let pair = 0; pair < pairs; pair++) mates.set(placeOf(pair), of(real?.mates as Float32Array, pair));
  const write = (number: number, out: Float32Array, at: number): void => {
    const mate = mates.get(number);
    if (mate === undefined) gallery.write(number, out, at);
    else out.set(mate, at);
  };
  return {
    count,
    dimensions,
    probes: Array.from({ length: pairs || probes }, (_, i) =>
      real === undefined ? gallery.mate(Math.floor(((i + 0.5) * count) / probes)) : of(real.probes, i),
    ),
    write,
    rows(from, to) {
      const rows = zeros32(to - from, dimensions);
      for (let number = from; number < to; number++) write(number, rows.data, (number - from) * dimensions);
      return rows;
    },
  };
}

function turnedIf(gallery: Gallery, turned: boolean, vector: Float32Array): Float32Array {
  return turned ? gallery.turn(vector) : vector;
}

/** The UUID that a number is stored under; numbers that follow each other are far apart, as UUIDs are. */
export function idOf(number: number): string {
  const scattered = Math.imul(number, 0x9e37_79b1) >>> 0;
  const hex = scattered.toString(16).padStart(8, '0');
  return `${hex}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** The number of an id. */
export function numberOf(id: string): number {
  return Number.parseInt(id.slice(24), 16);
}
