import { defineOwnOperation } from '../../governance/index.ts';

/** Ends an import. */
export const finishImport = defineOwnOperation(
  'FinishImport',
  ['collectionImporter'],
  async ({ importId }, { collectionImporter }) => {
    await collectionImporter.finish(importId);
    return {};
  },
);
