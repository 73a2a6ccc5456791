import { defineOwnOperation } from '../../governance/index.ts';

/** Tells which labels the installed sources can return, of DetectLabels and of DetectModerationLabels. */
export const listLabels = defineOwnOperation('ListLabels', ['labelCatalog'], async (_request, { labelCatalog }) => ({
  sources: await labelCatalog.coverage(),
}));
