import type { Judgement } from '../faces.ts';
import { along, distance, type FaceFrame, middle, pointOf } from './face-frame.ts';
import { judge } from './judgement.ts';

/** Corners of the mouth, the inner lips' middles and inner corners, in the mesh. */
const MOUTH_LEFT = 61;
const MOUTH_RIGHT = 291;
const INNER_UP = 13;
const INNER_DOWN = 14;
const INNER_LEFT = 78;
const INNER_RIGHT = 308;

/** Gap between the lips over the inner width of the mouth: 0 closed, about .2 a smile with teeth, above .4 wide open. */
export function mouthGapOf(mesh: Float32Array): number {
  const gap = distance(pointOf(mesh, INNER_UP), pointOf(mesh, INNER_DOWN));
  return gap / Math.max(1e-6, distance(pointOf(mesh, INNER_LEFT), pointOf(mesh, INNER_RIGHT)));
}

/** How far the corners of the mouth stand above its middle, in spans of the eyes: about -.03 hanging, .05 a broad smile. */
export function cornerLiftOf(mesh: Float32Array, { down, eyeSpan }: FaceFrame): number {
  const corners = middle(pointOf(mesh, MOUTH_LEFT), pointOf(mesh, MOUTH_RIGHT));
  const centre = middle(pointOf(mesh, INNER_UP), pointOf(mesh, INNER_DOWN));
  return along(down, corners, centre) / Math.max(1e-6, eyeSpan);
}

/** On LFW lips with a gap under .06 touch by eye, above .12 teeth or the dark of the mouth can be seen. */
const GAP_OF_OPEN_MOUTH = 0.09;
const GAP_SPREAD = 0.25;

/** Whether the mouth is open, teeth of a smile included. */
export function mouthOpenOf(mesh: Float32Array): Judgement {
  return judge(Math.log(Math.max(1e-4, mouthGapOf(mesh)) / GAP_OF_OPEN_MOUTH) / GAP_SPREAD);
}

/** Half of the LFW faces between .4 and .6 smile by eye; the corners of the mouth decide there but never alone: shouting lifts them too. */
const HAPPY_OF_SMILE = 0.5;
const HAPPY_WEIGHT = 7.5;
const LIFT_OF_SMILE = 0.008;
const LIFT_WEIGHT = 45;
const MAX_LIFT_LOGIT = 1.5;

/**
 * Whether the face smiles.
 *
 * @param happy 0..1, the emotion nets' happiness
 */
export function smileOf(mesh: Float32Array, frame: FaceFrame, happy: number): Judgement {
  const lift = LIFT_WEIGHT * (cornerLiftOf(mesh, frame) - LIFT_OF_SMILE);
  const bounded = Math.max(-MAX_LIFT_LOGIT, Math.min(MAX_LIFT_LOGIT, lift));
  return judge(HAPPY_WEIGHT * (happy - HAPPY_OF_SMILE) + bounded);
}

/** Of the 60 narrowest pairs of eyes among 2,118 LFW faces nearly all below .09 are closed and nearly all above .11 are narrow but open. */
const OPENNESS_OF_OPEN_EYES = 0.1;
/** Laughing eyes narrow without closing. */
const OPENNESS_LOST_TO_SMILE = 0.015;
const OPENNESS_SPREAD = 0.02;

/**
 * Whether the eyes are open.
 *
 * @param openness mean gap of the lids over the width of the eyes
 * @param happy 0..1, the emotion nets' happiness
 */
export function eyesOpenOf(openness: number, happy: number): Judgement {
  const threshold = OPENNESS_OF_OPEN_EYES - OPENNESS_LOST_TO_SMILE * happy;
  return judge((openness - threshold) / OPENNESS_SPREAD);
}
