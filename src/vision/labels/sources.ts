import type { LabelSourceDefinition } from './source.ts';

/** Every source of labels that this version knows, in the order in which they look. */
export const labelSources: readonly LabelSourceDefinition[] = [];
