import type { Signed } from '../../shared/signing.ts';
import type { PurposeName } from '../policy/index.ts';

/** Why a subject is erased. */
export type ErasureReason = 'withdrawal' | 'erasure-request' | 'retention' | 'objection';

/** A backup that still holds what was erased, until it expires. */
export interface BackupThatHolds {
  readonly backupId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** An exported file of a collection that what was erased lay in, until it can be imported no more. */
export interface ExportThatMayHold {
  readonly exportId: string;
  readonly collectionId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** How many things of a kind there were, and are left. */
export interface ErasedCount {
  readonly before: number;
  readonly after: number;
}

/** What an erasure did, without saying whom it was about. */
export interface ErasureSummary {
  readonly certificateId: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly reason: ErasureReason;
  /** Absent: every purpose. */
  readonly purpose?: PurposeName;
  /** Hex HMAC of the subject under the server's key for tombstones; names its tombstone. */
  readonly subjectHash: string;
  /** By kind: faces, users, keys, crops, cases, results. */
  readonly counts: Readonly<Record<string, ErasedCount>>;
  /** The same for what lies in collections, by collection. */
  readonly collections: Readonly<Record<string, Readonly<Record<string, ErasedCount>>>>;
  readonly policyDigest: string;
  /** The backups known to the server that were made before and have not expired. */
  readonly backups: readonly BackupThatHolds[];
  /** Files exported from collections that it lay in; absent where there is none. */
  readonly exports?: readonly ExportThatMayHold[];
  /**
   * Present where legal holds forbid the erasure: nothing was erased, the subject is withheld from every search from
   * now on, and it is erased when the holds end.
   */
  readonly suspendedBy?: readonly string[];
  /** What the certificate says and does not say, in plain words. */
  readonly statement: string;
}

/** A signed summary of an erasure. */
export type ErasureCertificate = Signed<ErasureSummary>;

/** Erases what is held of a subject. */
export interface Eraser {
  /**
   * Erases templates, crops, results and keys of a subject (an ExternalImageId or UserId) from every collection of a
   * purpose, or of all; when it has resolved nothing is left and the certificate is kept, unless a legal hold suspends it
   * (see {@link ErasureSummary.suspendedBy}). Erasing what is already gone
   * is no error. Call it with the subject's lock held (`SubjectLocks` of governance/consent): it takes none itself.
   */
  eraseSubject(request: {
    readonly subject: string;
    readonly purpose?: PurposeName;
    readonly reason: ErasureReason;
    /** The person, or `likeness` where a clock did. */
    readonly requestedBy: string;
  }): Promise<ErasureCertificate>;
}
