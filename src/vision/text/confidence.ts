/** A word's confidence, 0..100: the mean probability of its letters. It is no measured share of right words. */
export function wordConfidence(probabilities: readonly number[]): number {
  return 100 * (probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length);
}
