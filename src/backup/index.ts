export {
  type BackupFacts,
  type BackupHeader,
  type BackupProgress,
  readBackupHeader,
} from './backup-file.ts';
export { type BackupDesk, type BackupDeskParts, createBackupDesk, type KnownBackup } from './desk.ts';
export { BackupError, type BackupFault } from './errors.ts';
export {
  type AuditGlance,
  type AuditPlace,
  clearRemains,
  finishRestore,
  isRestoreUnfinished,
  type Restored,
  type RestoreKeys,
  type RestoreParts,
  restoreBackup,
} from './restore.ts';
