/** How sure it is that a box holds a face, 0..100: a detector's score 0..1 and facemesh's flag 0..1, combined as odds. */
export type ConfidenceOf = (score: number, flag: number) => number;

/**
 * Weights of the odds for FaceBoxes, set by hand and not fitted: nearly all extra boxes of the crowds in ../shared/data are bystanders
 * nobody labelled. They put a score of .2 (two false boxes to four faces at 24 px) at 87 and one of .5 at 99.
 */
const INTERCEPT = 2.5;
const PER_SCORE = 2.4;
const PER_FLAG = 0.3;

function logit(p: number): number {
  const clipped = Math.min(1 - 1e-4, Math.max(1e-4, p));
  return Math.log(clipped / (1 - clipped));
}

/** The confidence of what FaceBoxes found. */
export function faceBoxesConfidence(score: number, flag: number): number {
  return 100 / (1 + Math.exp(-(INTERCEPT + PER_SCORE * logit(score) + PER_FLAG * logit(flag))));
}

/**
 * The weights for YuNet, set by hand too. Of its 552 boxes on the crowds, photos and scenes of ../shared/data the 96
 * weakest, with scores from .6 to .89, were looked at: 95 are faces and one, at .84, is a dog. They put a score of .6 at
 * 95 and one of .9 at 99.5.
 */
const YUNET_INTERCEPT = -0.35;
const YUNET_PER_SCORE = 1.31;

/** The confidence of what YuNet found. */
export function yunetConfidence(score: number, flag: number): number {
  return 100 / (1 + Math.exp(-(YUNET_INTERCEPT + YUNET_PER_SCORE * logit(score) + PER_FLAG * logit(flag))));
}
