import { defineOwnOperation } from '../../governance/index.ts';

/** Marks a subject as a minor. */
export const markMinor = defineOwnOperation('MarkMinor', ['minors'], async (request, { minors }) => ({
  minor: await minors.mark(request),
}));
