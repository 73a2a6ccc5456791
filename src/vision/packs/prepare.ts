import { equipmentTrial, moderationTrial } from '../brought/try-model.ts';
import { labelVectorsStep } from '../labels/label-vectors.ts';
import type { PrepareStep } from './prepare-step.ts';

export type { PrepareInput, PrepareStep } from './prepare-step.ts';

/** Steps by the id of their pack. */
export type PrepareSteps = Readonly<Partial<Record<string, PrepareStep>>>;

/** The steps of this release. */
export const prepareSteps: PrepareSteps = {
  concepts: labelVectorsStep,
  equipment: equipmentTrial,
  moderation: moderationTrial,
};
