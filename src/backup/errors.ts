/** Why a backup cannot be made or restored; the message says where and what to do. */
export type BackupFault = 'not-a-backup' | 'damaged' | 'expired' | 'wrong-key' | 'in-the-way' | 'tombstones' | 'audit';

/** A backup that cannot be used. */
export class BackupError extends Error {
  readonly fault: BackupFault;

  constructor(fault: BackupFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'BackupError';
    this.fault = fault;
  }
}
