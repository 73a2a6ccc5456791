export {
  type ChainBreakReason,
  type ChainHead,
  type ChainVerdict,
  genesisHash,
  hashEntry,
  sealEntry,
  verifyChain,
} from './chain.ts';
export { type AuditLog, type AuditReader, auditEntries, createAuditLog, createAuditReader } from './log.ts';
export { type AuditKind, type AuditRecord, type AuditRecordDraft, auditBody, renderAuditRecord } from './record.ts';
