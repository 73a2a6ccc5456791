import { defineOwnOperation } from '../../governance/index.ts';

/** Answers the next frame of an export. */
export const readExport = defineOwnOperation(
  'ReadExport',
  ['collectionExporter'],
  async ({ collectionId: _, ...request }, { collectionExporter }) => collectionExporter.read(request),
);
