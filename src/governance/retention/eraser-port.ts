import type { Signed } from '../../shared/signing.ts';
import type { PurposeName } from '../policy/index.ts';

/** Why a subject is erased. */
export type ErasureReason = 'withdrawal' | 'erasure-request' | 'retention' | 'objection';

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
  /** Hex HMAC of the subject under a key that is destroyed with it; the same as in audit records of its time. */
  readonly subjectHash: string;
  /** By kind: faces, users, keys, crops, cases, results. */
  readonly counts: Readonly<Record<string, ErasedCount>>;
}

/** A signed summary of an erasure. */
export type ErasureCertificate = Signed<ErasureSummary>;

/** Erases what is held of a subject. */
export interface Eraser {
  /**
   * Erases templates, crops, results and keys of a subject (an ExternalImageId or UserId) from every collection of a
   * purpose, or of all; when it has resolved nothing is left and the certificate is kept. Erasing what is already gone
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
