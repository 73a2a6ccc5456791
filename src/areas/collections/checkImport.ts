import { defineOwnOperation } from '../../governance/index.ts';

/** Counts what stands in the collection after an import. */
export const checkImport = defineOwnOperation(
  'CheckImport',
  ['collectionImporter'],
  async ({ collectionId: _, ...request }, { collectionImporter }) => collectionImporter.check(request),
);
