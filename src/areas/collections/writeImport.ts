import { defineOwnOperation } from '../../governance/index.ts';

/** Writes a frame of a file. */
export const writeImport = defineOwnOperation(
  'WriteImport',
  ['collectionImporter'],
  async ({ collectionId: _, ...request }, { collectionImporter }, { signal }) =>
    collectionImporter.write(request, signal),
);
