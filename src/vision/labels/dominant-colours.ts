import { type Lab, labDistance, labOf, rgbOfLab } from '../../shared/lab.ts';
import type { DominantColour } from './port.ts';

/** Rounds of assigning pixels and moving centres; few pictures need ten. */
const MAX_ROUNDS = 24;
/** Centres nearer than this are one colour to a person who names colours. */
const SAME_COLOUR = 8;
/** A fixed one, so that a picture always has the same colours. */
const SEED = 20161130;

interface Cluster {
  readonly lab: Lab;
  readonly pixels: number;
}

/**
 * Finds the colours that most pixels are near to: k-means in Lab from a fixed seed, near centres joined.
 *
 * @param rgb `[pixels, 3]`, 0..255
 * @param most colours at most; the centres that are looked for are as many
 * @returns most pixels first; empty for no pixels
 * @source D. Arthur, S. Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007
 */
export function dominantColours(rgb: Float32Array, most: number): DominantColour[] {
  const pixels = rgb.length / 3;
  if (pixels === 0 || most === 0) return [];
  const labs = labsOf(rgb);
  let centres = scatter(labs, most);
  const nearest = new Uint8Array(pixels);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const changed = assign(labs, centres, nearest);
    if (!changed && round > 0) break;
    centres = meansOf(labs, nearest, centres);
  }
  const counts = new Array<number>(centres.length).fill(0);
  for (const centre of nearest) counts[centre] = (counts[centre] ?? 0) + 1;
  const clusters = centres.map((lab, i) => ({ lab, pixels: counts[i] ?? 0 })).filter(({ pixels: n }) => n > 0);
  return joinNear(clusters)
    .sort((a, b) => b.pixels - a.pixels)
    .map((cluster) => {
      const [red, green, blue] = rgbOfLab(cluster.lab);
      return { red, green, blue, pixelPercent: (100 * cluster.pixels) / pixels };
    });
}

function labsOf(rgb: Float32Array): Float32Array {
  const labs = new Float32Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    const [l, a, b] = labOf(rgb[i] as number, rgb[i + 1] as number, rgb[i + 2] as number);
    labs[i] = l;
    labs[i + 1] = a;
    labs[i + 2] = b;
  }
  return labs;
}

const labAt = (labs: Float32Array, pixel: number): Lab => [
  labs[3 * pixel] as number,
  labs[3 * pixel + 1] as number,
  labs[3 * pixel + 2] as number,
];

function squaredDistance(labs: Float32Array, pixel: number, centre: Lab): number {
  const l = (labs[3 * pixel] as number) - centre[0];
  const a = (labs[3 * pixel + 1] as number) - centre[1];
  const b = (labs[3 * pixel + 2] as number) - centre[2];
  return l * l + a * a + b * b;
}

/** The first centres: pixels drawn with a chance that grows with their distance from those drawn before. */
function scatter(labs: Float32Array, most: number): Lab[] {
  const random = mulberry32(SEED);
  const pixels = labs.length / 3;
  const centres: Lab[] = [labAt(labs, Math.floor(random() * pixels))];
  const distances = new Float64Array(pixels).fill(Number.POSITIVE_INFINITY);
  while (centres.length < most) {
    const last = centres.at(-1) as Lab;
    let sum = 0;
    for (let i = 0; i < pixels; i++) {
      distances[i] = Math.min(distances[i] as number, squaredDistance(labs, i, last));
      sum += distances[i] as number;
    }
    // Every pixel is a centre's own colour: more centres would be of none.
    if (sum < 1e-6) break;
    let left = random() * sum;
    let drawn = 0;
    while (drawn < pixels - 1 && left > (distances[drawn] as number)) {
      left -= distances[drawn] as number;
      drawn++;
    }
    centres.push(labAt(labs, drawn));
  }
  return centres;
}

/** Writes the nearest centre of each pixel. @returns whether any changed */
function assign(labs: Float32Array, centres: readonly Lab[], nearest: Uint8Array): boolean {
  let changed = false;
  const flat = Float64Array.from(centres.flat());
  for (let i = 0; i < nearest.length; i++) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    const l = labs[3 * i] as number;
    const a = labs[3 * i + 1] as number;
    const b = labs[3 * i + 2] as number;
    for (let k = 0, at = 0; at < flat.length; k++, at += 3) {
      const dl = l - (flat[at] as number);
      const da = a - (flat[at + 1] as number);
      const db = b - (flat[at + 2] as number);
      const distance = dl * dl + da * da + db * db;
      if (distance < least) {
        least = distance;
        best = k;
      }
    }
    if (nearest[i] !== best) {
      nearest[i] = best;
      changed = true;
    }
  }
  return changed;
}

/** The means of the pixels of each centre; one without pixels stays where it is. */
function meansOf(labs: Float32Array, nearest: Uint8Array, centres: readonly Lab[]): Lab[] {
  const sums = centres.map(() => [0, 0, 0, 0] as [number, number, number, number]);
  for (let i = 0; i < nearest.length; i++) {
    const sum = sums[nearest[i] as number];
    if (sum === undefined) continue;
    sum[0] += labs[3 * i] as number;
    sum[1] += labs[3 * i + 1] as number;
    sum[2] += labs[3 * i + 2] as number;
    sum[3] += 1;
  }
  return sums.map(([l, a, b, count], k) => (count === 0 ? (centres[k] as Lab) : [l / count, a / count, b / count]));
}

/** Joins the two nearest clusters until none are nearer than {@link SAME_COLOUR}. */
function joinNear(clusters: readonly Cluster[]): Cluster[] {
  const joined = [...clusters];
  for (;;) {
    let pair: readonly [number, number] | undefined;
    let least = SAME_COLOUR;
    for (let i = 0; i < joined.length; i++) {
      for (let k = 0; k < i; k++) {
        const distance = labDistance((joined[i] as Cluster).lab, (joined[k] as Cluster).lab);
        if (distance < least) {
          least = distance;
          pair = [k, i];
        }
      }
    }
    if (pair === undefined) return joined;
    const [one] = joined.splice(pair[1], 1);
    joined[pair[0]] = sumOf(joined[pair[0]] as Cluster, one as Cluster);
  }
}

function sumOf(one: Cluster, other: Cluster): Cluster {
  const pixels = one.pixels + other.pixels;
  const mean = (i: 0 | 1 | 2): number => (one.lab[i] * one.pixels + other.lab[i] * other.pixels) / pixels;
  return { lab: [mean(0), mean(1), mean(2)], pixels };
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
