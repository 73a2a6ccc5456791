import { defineOwnOperation } from '../../governance/index.ts';

/** Begins an import, or goes on with the one that was begun. */
export const beginImport = defineOwnOperation(
  'BeginImport',
  ['collectionImporter'],
  async ({ collectionId: _, ...request }, { collectionImporter }) => collectionImporter.begin(request),
);
