import { createHmac } from 'node:crypto';
import type { Signer } from '../../shared/signing.ts';
import type { DocumentChange, DocumentStore, DocumentView, KeptDocument } from '../../stores/ports/index.ts';
import type { Policy, PurposeName } from '../policy/index.ts';
import type { Eraser } from '../retention/eraser-port.ts';
import { allNamed, subjectName } from './names.ts';
import type { ConsentEnd, KeptReceipt } from './receipt.ts';
import type { SubjectLocks } from './subject-locks.ts';

/** What the book of consents works with. */
export interface ConsentParts {
  readonly documents: DocumentStore;
  readonly policy: Policy;
  readonly signer: Signer;
  /** A keyed hash of a token, hex; see the keyring's `tokens`. */
  readonly tokenMac: (token: string) => string;
  readonly eraser: Eraser;
  readonly locks: SubjectLocks;
  /** Marks a subject as a minor, so that what is found of it is reviewed under every purpose. */
  readonly markMinor: (mark: {
    readonly purpose: PurposeName;
    readonly subject: string;
    readonly person: string;
    readonly reason: string;
    readonly source: 'receipt';
  }) => Promise<void>;
  /** Who answers for the processing where a grant names no one. */
  readonly controller: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly ids: () => string;
}

/** A consent as it stands. */
export type ConsentState = 'active' | 'expired' | 'withdrawn' | 'objected';

/** The receipt in a document of the kind `receipt`. */
export function keptOf(document: KeptDocument): KeptReceipt {
  return document.body as KeptReceipt;
}

/** The receipts that still name a subject, under one purpose or all. */
export function heldReceipts(
  view: DocumentView,
  { subject, purpose }: { readonly subject: string; readonly purpose?: PurposeName },
): KeptReceipt[] {
  const documents =
    purpose === undefined
      ? allNamed(view, 'receipt', 'anyPurpose', subject)
      : allNamed(view, 'receipt', 'subject', subjectName(purpose, subject));
  return documents.map(keptOf);
}

/**
 * Writes a receipt with the names it is found by, and when someone must look at it next: at its expiry, at once when
 * it has ended and its subject is not erased yet.
 *
 * @param notBeforeMs postpones that, after a failure
 */
export function putReceipt(change: DocumentChange, kept: KeptReceipt, notBeforeMs = 0): void {
  const { held, ended } = kept;
  const waits = held === undefined || kept.suspended === true;
  const dueAtMs = waits ? undefined : Math.max(notBeforeMs, ended?.atMs ?? kept.expiresAtMs);
  change.put('receipt', kept.receiptId, kept, {
    names: {
      token: kept.tokenMac,
      purpose: kept.purpose,
      ...(held && { subject: subjectName(kept.purpose, held.subject), anyPurpose: held.subject }),
    },
    ...(dueAtMs !== undefined && { dueAtMs }),
  });
}

/** What a receipt amounts to at a time. */
export function stateOf(kept: KeptReceipt, nowMs: number): ConsentState {
  if (kept.ended !== undefined) return endStates[kept.ended.state];
  return nowMs < kept.expiresAtMs ? 'active' : 'expired';
}

const endStates = {
  withdrawn: 'withdrawn',
  erased: 'withdrawn',
  expired: 'expired',
  objected: 'objected',
} as const satisfies Record<ConsentEnd, ConsentState>;

/** A subject's pseudonym in the audit. @param keyHex 32 bytes @returns hex HMAC */
export function pseudonymOf(keyHex: string): string {
  return createHmac('sha256', Buffer.from(keyHex, 'hex')).update('likeness audit subject').digest('hex');
}
