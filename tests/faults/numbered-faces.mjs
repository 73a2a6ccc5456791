/** Faces that are numbers, the same in the test and in the process that it kills. */

export const DIMENSIONS = 64;

/** @param {number} number */
export function idOf(number) {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** @param {string} faceId */
export function numberOf(faceId) {
  return Number.parseInt(faceId.slice(-12), 16);
}

/**
 * A vector of unit length, in a direction of its own (mulberry32).
 *
 * @param {number} number
 */
export function templateOf(number) {
  let state = Math.imul(number + 1, 0x9e37_79b1) >>> 0;
  const random = () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const numbers = Array.from({ length: DIMENSIONS }, () => random() + random() + random() - 1.5);
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (x) => x / length);
}

/**
 * An image of so many faces, each in a place of its own.
 *
 * @param {readonly number[]} numbers
 */
export function imageOf(numbers) {
  return {
    imageId: idOf(2 ** 40 + (numbers[0] ?? 0)),
    modelVersion: '1.0',
    maxFaces: 1e9,
    faces: numbers.map((number, i) => ({
      faceId: idOf(number),
      box: { left: (i % 50) / 50, top: Math.floor(i / 50) / 50, width: 0.01, height: 0.01 },
      confidence: 99,
      template: templateOf(number),
    })),
  };
}
