/**
 * Logistic fit over 350 boxes of ../shared/data (crowds at 24, 32 and 40 px, eight group photos) told right or wrong by
 * their truth; see the pipeline's tests for what it must keep.
 */
const INTERCEPT = 2.5;
const PER_SCORE = 2.4;
const PER_FLAG = 0.3;

function logit(p: number): number {
  const clipped = Math.min(1 - 1e-4, Math.max(1e-4, p));
  return Math.log(clipped / (1 - clipped));
}

/**
 * How sure it is that a box holds a face, 0..100: detector and facemesh combined as odds.
 *
 * @param score 0..1, the detector's
 * @param flag 0..1, facemesh's
 */
export function confidenceOf(score: number, flag: number): number {
  return 100 / (1 + Math.exp(-(INTERCEPT + PER_SCORE * logit(score) + PER_FLAG * logit(flag))));
}
