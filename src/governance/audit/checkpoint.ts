import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import { type Signed, type Signer, signDocument, verifyDocument } from '../../shared/signing.ts';
import type { AuditEntry } from '../../stores/ports/index.ts';

/**
 * A signed statement that the chain of a node had this record at this place. Kept elsewhere, it shows every later
 * change of what lies before it; see docs/audit-format.md.
 */
export interface AuditCheckpoint {
  readonly kind: 'checkpoint';
  readonly node: string;
  readonly sequence: number;
  /** Hex SHA-256 of the record. */
  readonly hash: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly policyDigest: string;
  /** Hex SHA-256 of the text of the checkpoint before it; absent in the first. */
  readonly previousCheckpoint?: string;
}

/** Signs a checkpoint. @returns its text: canonical JSON, as it is kept, anchored and exported */
export function sealCheckpoint(signer: Signer, checkpoint: AuditCheckpoint): string {
  return canonicalJson(signDocument(signer, checkpoint));
}

/** What is wrong with a checkpoint, by itself or against the log. */
export type CheckpointFault = 'malformed' | 'signed by no known key' | 'of another node' | 'not in the chain';

/**
 * Reads a checkpoint and checks that one of the keys signed it.
 *
 * @param publicKeys SPKI in PEM
 */
export function openCheckpoint(
  text: string,
  publicKeys: readonly string[],
): { readonly checkpoint: Signed<AuditCheckpoint> } | { readonly fault: CheckpointFault } {
  let checkpoint: Signed<AuditCheckpoint>;
  try {
    checkpoint = JSON.parse(text) as Signed<AuditCheckpoint>;
    if (checkpoint.kind !== 'checkpoint' || canonicalJson(checkpoint) !== text) return { fault: 'malformed' };
  } catch {
    return { fault: 'malformed' };
  }
  if (!publicKeys.some((key) => verifyDocument(key, checkpoint))) return { fault: 'signed by no known key' };
  return { checkpoint };
}

/** Names a checkpoint's text in the one after it: hex SHA-256. */
export function checkpointDigest(text: string): string {
  return sha256Hex(text);
}

/** Whether the entry is the one that the checkpoint names. */
export function agrees(checkpoint: AuditCheckpoint, entry: AuditEntry | undefined): boolean {
  return entry !== undefined && entry.sequence === checkpoint.sequence && entry.hash === checkpoint.hash;
}
