import { readData } from '../../src/shared/package-root.ts';
import type { Lfw } from './lfw.ts';

/** Image pairs of the data set that show one person under two labels, by SHA-256. */
interface LabelErrors {
  readonly format: 1;
  readonly what: string;
  readonly pairs: readonly (readonly [string, string])[];
}

/**
 * Tells which pairs of images show one person under two labels.
 *
 * @returns a test on two image indices, and how many pairs of this data set it is true for
 */
export function knownLabelErrors(lfw: Lfw): {
  readonly isOne: (a: number, b: number) => boolean;
  readonly count: number;
} {
  const indexOf = new Map(lfw.images.map(({ sha256 }, i) => [sha256, i]));
  const keys = new Set<number>();
  const keyOf = (a: number, b: number): number => Math.min(a, b) * lfw.images.length + Math.max(a, b);
  for (const [first, second] of readData<LabelErrors>('recipe-lfw-label-errors.json').pairs) {
    const a = indexOf.get(first);
    const b = indexOf.get(second);
    if (a !== undefined && b !== undefined) keys.add(keyOf(a, b));
  }
  return { isOne: (a, b) => keys.has(keyOf(a, b)), count: keys.size };
}
