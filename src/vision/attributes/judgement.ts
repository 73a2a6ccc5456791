import type { Judgement } from '../faces.ts';

/** No model here is surer than this. */
const MAX_CONFIDENCE = 99.99;

/** The logistic function. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** The inverse of {@link sigmoid}; 0 and 1 stay finite. */
export function logitOf(probability: number): number {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return Math.log(p / (1 - p));
}

/** Turns the log-odds of "yes" into the likelier answer with the confidence in it, 50..99.99. */
export function judge(logit: number): Judgement {
  return { value: logit >= 0, confidence: Math.min(MAX_CONFIDENCE, 100 * sigmoid(Math.abs(logit))) };
}
