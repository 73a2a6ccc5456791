import type { NewFace } from '../../src/stores/ports/index.ts';

/** Numbers in 0..1 from a seed, the same on every machine (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A vector of unit length in a random direction. */
export function unitVector(random: () => number, dimensions: number): Float32Array {
  const numbers = Array.from({ length: dimensions }, () => random() + random() + random() - 1.5);
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (value) => value / length);
}

/** A lower-case UUID that says which number it was made of. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** A face to be stored. */
export function newFace(number: number, template: Float32Array): NewFace {
  return {
    faceId: uuid(number),
    box: { left: 0.1, top: 0.25, width: 0.3, height: 0.4 },
    confidence: 99.5,
    template,
  };
}

/** A collection to be created. */
export function newCollection(id: string, dimensions = 8) {
  return { id, purpose: 'photo-library', modelVersion: '1.0', dimensions, tags: {}, createdAtMs: 1_700_000_000_000 };
}

/** An image of one face each time, with an id of its own. */
export function newImage(number: number, faces: readonly NewFace[], externalImageId?: string) {
  return {
    imageId: uuid(1_000_000 + number),
    ...(externalImageId === undefined ? {} : { externalImageId }),
    modelVersion: '1.0',
    faces,
    maxFaces: 1_000_000,
  };
}

/** A search for everything there is. */
export function everything() {
  return { minScore: Number.NEGATIVE_INFINITY, limit: 4096, signal: new AbortController().signal };
}

/** The error's code where it is a StoreError, else the error itself. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
