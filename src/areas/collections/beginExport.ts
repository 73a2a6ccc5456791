import { defineOwnOperation } from '../../governance/index.ts';

/** Begins an export, or goes on with the one that was begun. */
export const beginExport = defineOwnOperation(
  'BeginExport',
  ['collectionExporter'],
  async ({ collectionId: _, ...request }, { collectionExporter }) => collectionExporter.begin(request),
);
