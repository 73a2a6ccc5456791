import { faceLabels } from './face-labels.ts';
import { nanodet } from './nanodet.ts';
import type { LabelSourceDefinition } from './source.ts';

/** Every source of labels that this version knows, in the order in which they look. */
export const labelSources: readonly LabelSourceDefinition[] = [nanodet, faceLabels];
