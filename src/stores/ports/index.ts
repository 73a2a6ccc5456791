export type { AuditCheckpointStore, AuditEntry, AuditStore, CheckpointAnchor, KeptCheckpoint } from './audit.ts';
export type {
  AddFacesResult,
  CollectionRecord,
  CollectionStore,
  ErasedSubject,
  FaceHit,
  FaceRecord,
  FaceRefusal,
  MovedFace,
  NewFace,
  SearchOptions,
  Staging,
  SubjectRecord,
  UserHit,
  UserRecord,
  UserStatus,
  WalkedFace,
} from './collections.ts';
export type {
  DocumentChange,
  DocumentKind,
  DocumentNames,
  DocumentPage,
  DocumentStore,
  DocumentView,
  KeptDocument,
} from './documents.ts';
export { StoreError, type StoreErrorCode } from './errors.ts';
export type { IdempotencyStore } from './idempotency.ts';
export type { KeyRecord, KeyStore } from './keys.ts';
export {
  type GroupCodes,
  IndexMemoryError,
  VECTORS_PER_GROUP,
  type VectorEntry,
  type VectorHit,
  type VectorIndex,
  type VectorLoader,
} from './vectors.ts';
