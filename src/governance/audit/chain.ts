import { sha256Hex } from '../../shared/canonical-json.ts';
import type { AuditEntry } from '../../stores/ports/index.ts';

/** What stands before the first entry: 64 zeros. */
export const genesisHash = '0'.repeat(64);

/**
 * The hash of an entry: hex SHA-256 of the UTF-8 text `sequence` newline `previousHash` newline `body`, with the
 * sequence in decimal. The body is taken as it is stored, so a verifier needs no JSON.
 */
export function hashEntry(entry: Pick<AuditEntry, 'sequence' | 'previousHash' | 'body'>): string {
  return sha256Hex(`${entry.sequence}\n${entry.previousHash}\n${entry.body}`);
}

/** Seals a body as the entry after `last`. */
export function sealEntry(last: AuditEntry | undefined, body: string): AuditEntry {
  const sequence = (last?.sequence ?? 0) + 1;
  const previousHash = last?.hash ?? genesisHash;
  return { sequence, previousHash, body, hash: hashEntry({ sequence, previousHash, body }) };
}

/** A place in the chain that someone noted elsewhere: truncation and a wholly rewritten log show against it only. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** How a chain is broken. */
export type ChainBreakReason = 'changed' | 'missing' | 'inserted' | 'reordered' | 'truncated';

/** What verifying a chain found; `head` is the last entry, or absent in an empty log. */
export type ChainVerdict =
  | { readonly intact: true; readonly entries: number; readonly head?: ChainHead }
  | {
      readonly intact: false;
      /** Entries that were found good before the break. */
      readonly entries: number;
      /** Where the first break is. */
      readonly sequence: number;
      readonly reason: ChainBreakReason;
      /** A sentence for the operator. */
      readonly detail: string;
    };

/**
 * Follows a chain from its first entry in the order given and reports the first break. It holds no more than two
 * entries at a time. A log that was rewritten from some point on, hashes included, or cut at its end, is told apart from
 * an honest one only by an expected head.
 */
export async function verifyChain(
  entries: Iterable<AuditEntry> | AsyncIterable<AuditEntry>,
  options: { readonly expectedHead?: ChainHead } = {},
): Promise<ChainVerdict> {
  const { expectedHead } = options;
  let head: ChainHead = { sequence: 0, hash: genesisHash };
  let beforeHead = '';
  let gapAt: number | undefined;
  const broken = (sequence: number, reason: ChainBreakReason, detail: string): ChainVerdict => ({
    intact: false,
    entries: Math.min(head.sequence, sequence - 1),
    sequence,
    reason,
    detail,
  });
  for await (const entry of entries) {
    const due = head.sequence + 1;
    if (gapAt !== undefined) {
      // Only one question is left: does what is missing come later?
      if (entry.sequence === gapAt) return broken(gapAt, 'reordered', `Record ${gapAt} stands after later ones.`);
      continue;
    }
    if (entry.sequence > due) {
      gapAt = due;
      continue;
    }
    if (entry.sequence < due) {
      return broken(due, 'inserted', `Where record ${due} is due, another record ${entry.sequence} stands.`);
    }
    if (hashEntry(entry) !== entry.hash) {
      return broken(due, 'changed', `Record ${due} does not have the hash that it was sealed with.`);
    }
    if (entry.previousHash !== head.hash) {
      if (entry.previousHash === beforeHead) {
        return broken(head.sequence, 'inserted', `Record ${due} does not know the record ${head.sequence} before it.`);
      }
      return broken(due, 'changed', `Record ${due} does not follow record ${head.sequence}: one of them was replaced.`);
    }
    beforeHead = head.hash;
    head = { sequence: due, hash: entry.hash };
    if (expectedHead?.sequence === due && expectedHead.hash !== entry.hash) {
      return broken(due, 'changed', `Record ${due} is not the one that was noted as the head.`);
    }
  }
  if (gapAt !== undefined) return broken(gapAt, 'missing', `Record ${gapAt} is missing.`);
  if (expectedHead !== undefined && expectedHead.sequence > head.sequence) {
    return broken(
      head.sequence + 1,
      'truncated',
      `The log ends at record ${head.sequence}; record ${expectedHead.sequence} was noted as its head.`,
    );
  }
  return { intact: true, entries: head.sequence, ...(head.sequence > 0 && { head }) };
}
