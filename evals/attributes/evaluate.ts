import type { ProbeField, ProbeFigures } from '../../src/vision/attributes/index.ts';
import { type MeasureParts, measureLabelledFaces, type OnProgress, readLabels } from './labelled-faces.ts';
import { FOLDS, trainProbes } from './train-probes.ts';

/** Where images and models are. */
export type EvaluateAttributesParts = MeasureParts;

/** What cross-validation says of the probes; every figure is of people that the scoring probe never saw. */
export interface AttributeEvaluation {
  readonly labelled: number;
  /** Labelled images in which no face was found are left out. */
  readonly measured: number;
  readonly people: number;
  readonly folds: number;
  readonly byField: Readonly<Record<ProbeField, ProbeFigures>>;
}

/** Measures the labelled faces, trains the probes anew on four fifths of the people at a time and scores the rest. */
export async function evaluateAttributes(
  parts: EvaluateAttributesParts,
  onProgress?: OnProgress,
): Promise<AttributeEvaluation> {
  const faces = await measureLabelledFaces(parts, onProgress);
  const [eyeglasses, sunglasses, beard, mustache] = trainProbes(faces, onProgress).map((p) => p.crossValidated);
  if (!eyeglasses || !sunglasses || !beard || !mustache) throw new Error('a probe was not trained');
  return {
    labelled: readLabels().size,
    measured: faces.length,
    people: new Set(faces.map(({ person }) => person)).size,
    folds: FOLDS,
    byField: { eyeglasses, sunglasses, beard, mustache },
  };
}

/** The evaluation as lines of text. */
export function describeEvaluation({ measured, labelled, people, folds, byField }: AttributeEvaluation): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(7);
  const rows = Object.entries(byField).map(
    ([field, f]) =>
      `  ${field.padEnd(11)} AUC ${f.auc.toFixed(4)}  accuracy ${percent(f.accuracy)}  balanced ${percent(f.balancedAccuracy)}  (${f.positives} with, ${f.negatives} without)`,
  );
  return [
    `Attributes by probes on ${measured} of ${labelled} labelled LFW faces, ${people} people, cross-validated in ${folds} folds by person:`,
    ...rows,
  ].join('\n');
}
