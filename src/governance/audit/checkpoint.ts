import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import { type Signed, type Signer, signDocument, verifyDocument } from '../../shared/signing.ts';
import type { AuditEntry, AuditStore } from '../../stores/ports/index.ts';

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

/** What holding a log against its checkpoints found. */
export type CheckpointVerdict =
  | { readonly intact: true; readonly checkpoints: number }
  | {
      readonly intact: false;
      /** Checkpoints that were found good before the fault. */
      readonly checkpoints: number;
      /** The record that the faulty checkpoint names; 0 where it names none. */
      readonly sequence: number;
      /** A sentence for the operator. */
      readonly detail: string;
    };

/**
 * Holds a log against signed checkpoints, its own or those of an anchor: each must be signed by one of the keys, be of
 * this node, name a record that stands in the log as it was, and follow the one before.
 *
 * @param parts.documents checkpoints in order
 * @param parts.publicKeys SPKI in PEM
 */
export async function verifyCheckpoints(parts: {
  readonly documents: Iterable<string> | AsyncIterable<string>;
  readonly audit: Pick<AuditStore, 'read'>;
  readonly node: string | undefined;
  readonly publicKeys: readonly string[];
}): Promise<CheckpointVerdict> {
  let checkpoints = 0;
  let previous: string | undefined;
  const broken = (sequence: number, detail: string): CheckpointVerdict => ({
    intact: false,
    checkpoints,
    sequence,
    detail,
  });
  for await (const document of parts.documents) {
    const result = openCheckpoint(document, parts.publicKeys);
    if ('fault' in result) return broken(0, `Checkpoint ${checkpoints + 1} is ${result.fault}.`);
    const { checkpoint } = result;
    const { sequence } = checkpoint;
    if (checkpoint.node !== parts.node)
      return broken(sequence, `The checkpoint of record ${sequence} is of node ${checkpoint.node}.`);
    if (checkpoint.previousCheckpoint !== previous) {
      return broken(sequence, `The checkpoint of record ${sequence} does not follow the one before it.`);
    }
    const [entry] = await parts.audit.read({ afterSequence: sequence - 1, limit: 1 });
    if (!agrees(checkpoint, entry)) {
      return broken(sequence, `Record ${sequence} is not in the log as it was signed: the log was rewritten or cut.`);
    }
    previous = checkpointDigest(document);
    checkpoints += 1;
  }
  return { intact: true, checkpoints };
}
