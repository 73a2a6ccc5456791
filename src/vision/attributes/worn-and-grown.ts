import type { FaceAttributes } from '../faces.ts';
import type { FaceFrame } from './face-frame.ts';
import { judge, logitOf, sigmoid } from './judgement.ts';
import { type ProbeField, type Probes, probeLogits } from './probes.ts';

/** Pixels between the outer corners of the eyes below which the answer is left out. */
const MIN_EYE_SPAN = 24;
/** Degrees of head yaw above which half of the face is hidden and the probes have seen too few. */
const MAX_YAW = 55;

/**
 * Decides sunglasses first: their wearers were no part of the eyeglasses probe's training, and by the labels'
 * definition nobody wears both.
 */
export function combineEyewear(logits: Readonly<Record<ProbeField, number>>): Record<ProbeField, number> {
  const eyeglasses = sigmoid(logits.eyeglasses) * (1 - sigmoid(logits.sunglasses));
  return { ...logits, eyeglasses: logitOf(eyeglasses) };
}

/**
 * Eyeglasses, sunglasses, beard and mustache of one face; nothing when it is too small or turned too far to tell.
 *
 * @param feature `[1024]`, faceres' raw feature
 */
export function wornAndGrown(
  probes: Probes,
  feature: Float32Array,
  { eyeSpan, forward }: FaceFrame,
): Pick<FaceAttributes, ProbeField> {
  if (eyeSpan < MIN_EYE_SPAN || Math.abs(forward[0]) > Math.sin((MAX_YAW * Math.PI) / 180)) return {};
  const logits = combineEyewear(probeLogits(probes, feature));
  return {
    eyeglasses: judge(logits.eyeglasses),
    sunglasses: judge(logits.sunglasses),
    beard: judge(logits.beard),
    mustache: judge(logits.mustache),
  };
}
