import type { FaceAttributes } from '../faces.ts';
import type { FaceresOutputs } from '../measured-face.ts';
import { maleLogit } from './age-and-gender.ts';
import type { FaceFrame } from './face-frame.ts';
import { judge, logitOf, sigmoid } from './judgement.ts';
import { type ProbeField, type Probes, probeLogits } from './probes.ts';

/**
 * Pixels between the outer corners of the eyes below which the answer is left out. LFW shrunk until the median was 15
 * lost little (held-out AUC of eyeglasses .997, sunglasses .98, beard .96, mustache .99); smaller was not tried.
 */
const MIN_EYE_SPAN = 16;
/** Degrees of head yaw above which the answer is left out: of 426 held-out faces 53 were turned by 20 to 35 degrees, and did well, but only 5 further. */
const MAX_YAW = 45;

/**
 * Brings the probes' answers into accord with each other and with the look of the face.
 *
 * Sunglasses are decided first: their wearers were no part of the eyeglasses probe's training, and by the labels'
 * definition nobody wears both. Facial hair is as likely as the probe says times as the face looks male: of 442 bearded
 * or mustached LFW faces 441 do, while make-up and pouting lips on other faces trip the probes.
 *
 * @param male 0..1, faceres' output
 */
export function combineProbes(logits: Readonly<Record<ProbeField, number>>, male: number): Record<ProbeField, number> {
  const looksMale = sigmoid(maleLogit(male));
  return {
    eyeglasses: logitOf(sigmoid(logits.eyeglasses) * (1 - sigmoid(logits.sunglasses))),
    sunglasses: logits.sunglasses,
    beard: logitOf(sigmoid(logits.beard) * looksMale),
    mustache: logitOf(sigmoid(logits.mustache) * looksMale),
  };
}

/**
 * Eyeglasses, sunglasses, beard and mustache of one face; nothing when it is too small or turned too far to tell.
 */
export function wornAndGrown(
  probes: Probes,
  { feature, male }: Pick<FaceresOutputs, 'feature' | 'male'>,
  { eyeSpan, forward }: FaceFrame,
): Pick<FaceAttributes, ProbeField> {
  if (eyeSpan < MIN_EYE_SPAN || Math.abs(forward[0]) > Math.sin((MAX_YAW * Math.PI) / 180)) return {};
  const logits = combineProbes(probeLogits(probes, feature), male);
  return {
    eyeglasses: judge(logits.eyeglasses),
    sunglasses: judge(logits.sunglasses),
    beard: judge(logits.beard),
    mustache: judge(logits.mustache),
  };
}
