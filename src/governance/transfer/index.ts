export {
  type CollectionExporter,
  collectionExporterOf,
  exportAction,
  sweepTransfers,
  unexpiredExports,
} from './exporter.ts';
export { type CollectionImporter, collectionImporterOf, importAction } from './importer.ts';
export {
  consentedExport,
  consentedImport,
  type Entered,
  type ExportSource,
  exportSourceOf,
  type ImportTarget,
  importTargetOf,
} from './moving.ts';
export type { TransferCall, TransferParts } from './parts.ts';
