import { readData } from '../../shared/package-root.ts';

/** How a source's raw score becomes a confidence: a logistic curve over the score's log-odds. */
export interface FittedCurve {
  /** confidence = 100 / (1 + exp(-(intercept + slope * log(score / (1 - score))))) */
  readonly intercept: number;
  readonly slope: number;
}

/** data/label-calibration.json: a curve by the id of its source, and what each was fitted on. */
export type LabelCalibration = Readonly<
  Record<string, FittedCurve & { readonly fittedOn: string; readonly limits: string }>
>;

/** A monotone map between a source's score, 0..1, and a confidence, 0..100. */
export interface ConfidenceCurve {
  confidenceOf(score: number): number;
  /** The score whose confidence this is. */
  scoreOf(confidence: number): number;
}

/** No model here is surer than this. */
const MAX_CONFIDENCE = 99.9;
const SMALLEST = 1e-6;

const logit = (p: number): number => {
  const clipped = Math.min(1 - SMALLEST, Math.max(SMALLEST, p));
  return Math.log(clipped / (1 - clipped));
};

/** Makes a fitted curve a map in both directions. */
export function curveOf({ intercept, slope }: FittedCurve): ConfidenceCurve {
  return {
    confidenceOf: (score) => Math.min(MAX_CONFIDENCE, 100 / (1 + Math.exp(-(intercept + slope * logit(score))))),
    scoreOf: (confidence) => 1 / (1 + Math.exp(-(logit(confidence / 100) - intercept) / slope)),
  };
}

/** Reads a source's curve. @throws {Error} when data/label-calibration.json has none */
export function readLabelCalibration(source: string): ConfidenceCurve {
  const fitted = readData<LabelCalibration>('label-calibration.json')[source];
  if (fitted === undefined) throw new Error(`data/label-calibration.json has no curve for ${source}`);
  return curveOf(fitted);
}

/** A model's probability told as it is: of models that could not be measured here. Never more than 99.9. */
export const asToldCurve: ConfidenceCurve = {
  confidenceOf: (score) => Math.min(MAX_CONFIDENCE, 100 * score),
  scoreOf: (confidence) => confidence / 100,
};
