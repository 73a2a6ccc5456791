import { type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';
import type { Policy } from '../policy/index.ts';
import type { ErasureCertificate } from '../retention/eraser-port.ts';
import type { ConsentBook, FoundConsent } from './book.ts';
import { stateOf } from './kept.ts';
import type { KeptReceipt } from './receipt.ts';
import { type GrantRequest, purposeNamed, subjectNamed } from './terms.ts';

/** What the operations on consents are given: the book, in the caller's name, noting pseudonyms for the audit. */
export interface ConsentDesk {
  grant(request: GrantRequest): Promise<OwnResponseOf<'GrantConsent'>>;
  withdraw(request: OwnRequestOf<'WithdrawConsent'>): Promise<OwnResponseOf<'WithdrawConsent'>>;
  get(receiptId: string): Promise<OwnResponseOf<'GetConsent'>>;
  list(request: OwnRequestOf<'ListConsents'>): Promise<OwnResponseOf<'ListConsents'>>;
  object(request: OwnRequestOf<'RecordObjection'>): Promise<OwnResponseOf<'RecordObjection'>>;
  liftObjection(request: OwnRequestOf<'LiftObjection'>): Promise<OwnResponseOf<'LiftObjection'>>;
}

const defaultLimit = 100;

/** A desk for one grant. */
export function consentDesk(
  parts: { readonly book: ConsentBook; readonly policy: Policy; readonly clock: () => number },
  grant: Pick<Grant, 'person'>,
  notes: GrantNotes,
): ConsentDesk {
  const { book, policy, clock } = parts;
  const by = grant.person;
  const noteErasure = (pseudonyms: readonly string[], { suspendedBy }: ErasureCertificate): void => {
    for (const pseudonym of pseudonyms) notes.subject(pseudonym);
    if (suspendedBy === undefined) notes.count('subjectsErased', 1);
  };
  const short = (kept: KeptReceipt) => receiptSummary({ kept, state: stateOf(kept, clock()) });

  return {
    async grant(request) {
      const { pseudonym, ...granted } = await book.grant(request, by);
      // The very same consent said again records nothing: neither the person's page nor a report counts it twice.
      if (granted.created) {
        notes.subject(pseudonym);
        notes.count('consentsRecorded', 1);
      }
      return granted;
    },
    async withdraw(request) {
      const { ended, certificate, pseudonyms } = await book.withdraw(request, by);
      noteErasure(pseudonyms, certificate);
      return { receipts: ended.map(short), certificate };
    },
    async get(receiptId) {
      const found = await book.find(receiptId);
      if (found === undefined) throw new ServiceError('ResourceNotFoundException', 'There is no such consent receipt.');
      if (found.pseudonym !== undefined) notes.subject(found.pseudonym);
      const { held, withdrawal } = found.kept;
      return {
        summary: receiptSummary(found),
        ...(held && { receipt: held.receipt }),
        ...(withdrawal && { withdrawal }),
      };
    },
    async list({ subject, purpose, state, after, limit = defaultLimit }) {
      const { found, next } = await book.list({
        limit,
        ...(subject !== undefined && { subject: subjectNamed(subject) }),
        ...(purpose !== undefined && { purpose: purposeNamed(policy, purpose).name }),
        ...(state !== undefined && { state }),
        ...(after !== undefined && { after }),
      });
      return { receipts: found.map(receiptSummary), ...(next !== undefined && { next }) };
    },
    async object(request) {
      const { objectionId, ended, certificate, pseudonyms } = await book.object(request, by);
      noteErasure(pseudonyms, certificate);
      return { objectionId, receipts: ended.map(short), certificate };
    },
    liftObjection: async (request) => ({ lifted: await book.liftObjection(request, by) }),
  };
}

/** A receipt in short, as the API answers it. */
export function receiptSummary({
  kept,
  state,
}: Pick<FoundConsent, 'kept' | 'state'>): OwnResponseOf<'ListConsents'>['receipts'][number] {
  return {
    receiptId: kept.receiptId,
    ...(kept.held && { subject: kept.held.subject }),
    purpose: kept.purpose,
    state,
    method: kept.method,
    minor: kept.minor,
    grantedAt: new Date(kept.grantedAtMs).toISOString(),
    expiresAt: new Date(kept.expiresAtMs).toISOString(),
    ...(kept.ended && { endedAt: new Date(kept.ended.atMs).toISOString() }),
    noticeSha256: kept.noticeSha256,
    receiptSha256: kept.receiptSha256,
  };
}
