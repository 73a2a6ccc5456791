/**
 * Weights of the odds, set by hand and not fitted: nearly all extra boxes of the crowds in ../shared/data are bystanders
 * nobody labelled. They put a score of .2 (two false boxes to four faces at 24 px) at 87 and one of .5 at 99.
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
