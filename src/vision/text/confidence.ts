/** A word's confidence, 0..100, of the probabilities of its letters. */
export function wordConfidence(probabilities: readonly number[]): number {
  return 100 * (probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length);
}
