import { canonicalJson } from '../../shared/canonical-json.ts';
import type { AuditEntry } from '../../stores/ports/index.ts';
import type { CountName } from '../notes.ts';

/** `decision`: the gate allowed it, nothing has run yet; `refusal`: nothing runs; `outcome`: how an allowed one ended. */
export type AuditKind = 'decision' | 'refusal' | 'outcome';

/**
 * What is written about a call. It names the person who called and the collection, never who is in a picture: no
 * image, template, external image id, user id, face id or tag value stands in it.
 */
export interface AuditRecordDraft {
  readonly kind: AuditKind;
  readonly requestId: string;
  readonly decisionId: string;
  /** `-` for the person of a call whose signature did not hold; its key is then masked. */
  readonly actor: { readonly person: string; readonly accessKeyId: string };
  /** The person's roles at that moment. */
  readonly roles?: readonly string[];
  readonly operation: string;
  readonly collection?: string;
  /** Absent where the call was refused before its purpose was known. */
  readonly purpose?: string;
  readonly policyDigest: string;
  /** The rule that refused. */
  readonly rule?: string;
  /** The error code that was answered; `cancelled` when the caller went away first. */
  readonly code?: string;
  /** The threshold that was used, 0..100. */
  readonly effectiveThreshold?: number;
  readonly withheld?: readonly string[];
  /**
   * Whom the call was about: hex HMACs under each subject's own key, so that erasing the subject makes them nobody's.
   * At most {@link mostSubjects} of `subjectCount`.
   */
  readonly subjects?: readonly string[];
  readonly subjectCount?: number;
  /** Hex HMACs of the images that were searched or compared with: the same image is recognised, no image is told. */
  readonly probes?: readonly string[];
  /** The review case that the call opened or was about. */
  readonly case?: string;
  /**
   * The proposal of two persons that the call made or decided: its action and id. Without its digest, which would tell
   * a subject to those who guess.
   */
  readonly proposal?: string;
  /** How many calls this record stands for, where like ones are recorded together; absent: one. */
  readonly repeats?: number;
  readonly counts?: Readonly<Partial<Record<CountName, number>>>;
  readonly durationMs?: number;
}

/** A record as it stands in the log. */
export interface AuditRecord extends AuditRecordDraft {
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Whose chain it is. */
  readonly node: string;
  /** Hex SHA-256 of this record; names the head of the chain when it is the last. */
  readonly hash: string;
}

/** The body that is hashed and stored: the draft with time and node, as canonical JSON. */
export function auditBody(draft: AuditRecordDraft, atMs: number, node: string): string {
  return canonicalJson({ ...draft, at: new Date(atMs).toISOString(), node });
}

/**
 * An entry as plain data, for printing and for answers.
 *
 * @throws {SyntaxError} when the body is not JSON, which only a damaged or foreign entry's is not
 */
export function renderAuditRecord(entry: AuditEntry): AuditRecord {
  const body = JSON.parse(entry.body) as Omit<AuditRecord, 'sequence' | 'hash'>;
  return { ...body, sequence: entry.sequence, hash: entry.hash };
}
