export { answersSource } from './answers-source.ts';
export { allCollections, collectionsSource, type ErasableCollections } from './collections-source.ts';
export { type Page, type RetentionDesk, type RetentionDeskParts, retentionDeskOf } from './desk.ts';
export { documentSource } from './document-source.ts';
export {
  createTargetEraser,
  type EraserParts,
  type ErasureRequest,
  type KeptErasure,
  type TargetEraser,
} from './eraser.ts';
export type {
  BackupThatHolds,
  ErasedCount,
  Eraser,
  ErasureCertificate,
  ErasureReason,
  ErasureSummary,
} from './eraser-port.ts';
export { belongsTo, type ErasureSource, type ErasureTarget, type HeldCount, type HeldThing } from './erasure-source.ts';
export { createGuards, type GuardParts, type RetentionGuards } from './guards.ts';
export { type HoldScope, type LegalHold, type LegalHolds, openLegalHolds } from './legal-holds.ts';
export { type Orphan, type OrphanScan, scanForOrphans } from './orphan-scan.ts';
export { type ReplayResult, replayTombstones } from './replay.ts';
export { type ClockReading, createRetentionClock, type RetentionClock } from './retention-clock.ts';
export { openSuspended, type Suspended } from './suspended.ts';
export { createSweeper, endOfCollection, type RetentionSweeper, type SweepResult } from './sweeper.ts';
export {
  openTombstones,
  type Tombstone,
  type TombstoneEntry,
  TombstoneError,
  type TombstoneHead,
  type Tombstones,
} from './tombstones.ts';
export { createFaceUses, type FaceUses } from './uses.ts';
