export {
  type AuditCheckpoint,
  type AuditExporter,
  type AuditKind,
  type AuditLog,
  type AuditReader,
  type AuditRecord,
  type AuditRecordDraft,
  auditEntries,
  type ChainBreakReason,
  type ChainHead,
  type ChainVerdict,
  type Checkpointer,
  type CheckpointVerdict,
  createAuditExporter,
  createAuditLog,
  createAuditReader,
  createCheckpointer,
  createRefusedCallers,
  type ExportManifest,
  exportLines,
  type RefusedCaller,
  type RefusedCallers,
  renderAuditRecord,
  verifyChain,
  verifyCheckpoints,
} from './audit/index.ts';
export type { Answer, Call, Dispatch } from './call.ts';
export type { Caller } from './caller.ts';
export type {
  Capabilities,
  CapabilityName,
  CollectionCatalog,
  CollectionReader,
  FaceMatcher,
  FaceSearch,
  FaceWriter,
  Idempotency,
  ImageReader,
  ModelCatalog,
  PageTokens,
  ReportSigner,
  RequestedImage,
  Similar,
  TagWriter,
  TransparencyReporter,
  UserWriter,
} from './capabilities.ts';
export { type ConsentLedger, type ConsentReceipt, type ConsentSubject, emptyConsentLedger } from './consent.ts';
export {
  type BoundDualControl,
  createDualControl,
  type DualAction,
  type DualControl,
  type DualExecutor,
  type DualOutcome,
  type DualParameters,
  type DualResult,
  dualControlOf,
  type Proposal,
  type ProposalState,
} from './dual-control.ts';
export {
  countFaceWrites,
  floorMatcher,
  floorSearch,
  floorUserWriter,
  noteProbes,
  withholdFromDetector,
  withholdFromEmbedder,
} from './enforce/index.ts';
export { createGate, type GateParts, type GateSettings } from './gate.ts';
export { type Grant, isExpired } from './grant.ts';
export { createIdempotency, type IdempotencyBook } from './idempotency.ts';
export { type CountName, createNotes, type GrantNotes, type NotedUse } from './notes.ts';
export {
  type AnyOperation,
  defineOperation,
  defineOwnOperation,
  type Operation,
  type RunContext,
} from './operation.ts';
export { createPageTokens } from './page-tokens.ts';
export {
  createPeople,
  firstRoles,
  foundPersons,
  isSamePerson,
  type People,
  type Person,
  personId,
  type RoleBook,
} from './people/index.ts';
export {
  type DeclaredPurpose,
  declaredPurpose,
  loadPolicy,
  type Policy,
  PolicyError,
  type PurposeName,
  type PurposeRow,
  purposeNames,
  type RefusedClass,
  type SensitiveAttribute,
  sensitiveAttributes,
} from './policy/index.ts';
export {
  createTransparencyCount,
  signTransparencyReport,
  type ToldCount,
  type TransparencyReport,
} from './reports/index.ts';
export { dataSetLicenceTag, purposeTag } from './reserved-tags.ts';
