import { sample } from '../align/raster.ts';
import type { VisualFeature } from './port.ts';
import { DEFAULT_VERSION } from './version.ts';

/** How much of a score the colours are, of 1; the rest is the content. Chosen by `npm run eval:similar`. */
const COLOUR_SHARE = 0.2;

/** A score, and the similarity that it is told as. */
interface Mark {
  readonly score: number;
  readonly similarity: number;
}

/**
 * What scores are told as, straight between marks. Measured by `npm run eval:similar`: of pairs of photos that show
 * different things half reach the first mark, 1 in 100 the second and 1 in 1000 the third.
 */
const MEASURED: readonly Mark[] = [
  { score: 0.51, similarity: 0 },
  { score: 0.76, similarity: 50 },
  { score: 0.86, similarity: 75 },
  { score: 1, similarity: 100 },
];

/** Of features that nobody could measure here: the score as it is. */
const AS_IT_IS: readonly Mark[] = [
  { score: 0, similarity: 0 },
  { score: 1, similarity: 100 },
];

/** How alike two pictures look, 0..100; 100 is the same picture. @throws {RangeError} for features of two versions */
export function similarityOf(a: VisualFeature, b: VisualFeature): number {
  return onScale(fusedScore(a, b), a.version === DEFAULT_VERSION ? MEASURED : AS_IT_IS);
}

/** How alike two pictures look before it is put on the scale of similarities, 0..1. @throws {RangeError} for two versions */
export function fusedScore(a: VisualFeature, b: VisualFeature, colourShare = COLOUR_SHARE): number {
  if (a.version !== b.version) throw new RangeError(`visual features of ${a.version} and ${b.version} do not compare`);
  return (1 - colourShare) * dot(a.content, b.content) + colourShare * dot(a.colours, b.colours);
}

/** @param score 0..1 */
export function onScale(score: number, marks: readonly Mark[] = MEASURED): number {
  for (const [index, upper] of marks.entries()) {
    const lower = marks[index - 1];
    if (score >= upper.score) continue;
    if (lower === undefined) return 0;
    const share = (score - lower.score) / (upper.score - lower.score);
    return lower.similarity + share * (upper.similarity - lower.similarity);
  }
  return 100;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += sample(a, i) * sample(b, i);
  return sum;
}
