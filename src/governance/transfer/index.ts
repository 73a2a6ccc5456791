export { type CollectionExporter, collectionExporterOf, exportAction } from './exporter.ts';
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
export { sweepTransfers, type TransferCall, type TransferParts } from './parts.ts';
