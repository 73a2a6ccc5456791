export {
  type ChainBreakReason,
  type ChainHead,
  type ChainVerdict,
  genesisHash,
  hashEntry,
  sealEntry,
  verifyChain,
} from './chain.ts';
export {
  type AuditCheckpoint,
  type CheckpointFault,
  type CheckpointVerdict,
  checkpointDigest,
  openCheckpoint,
  sealCheckpoint,
  verifyCheckpoints,
} from './checkpoint.ts';
export { type Checkpointer, type CheckpointerParts, createCheckpointer } from './checkpointer.ts';
export {
  type AuditExporter,
  createAuditExporter,
  type ExportManifest,
  exportFormat,
  exportLines,
} from './export.ts';
export { type AuditLog, type AuditReader, auditEntries, createAuditLog, createAuditReader } from './log.ts';
export { type AuditKind, type AuditRecord, type AuditRecordDraft, auditBody, renderAuditRecord } from './record.ts';
export { createRefusedCallers, type RefusedCaller, type RefusedCallers } from './refused-callers.ts';
