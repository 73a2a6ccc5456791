import { type OwnRequestOf, ServiceError } from '../../contract/index.ts';
import type { PurposeName } from '../policy/index.ts';
import type { ErasureCertificate, ErasureReason } from '../retention/eraser-port.ts';
import { type ConsentParts, heldReceipts, keptOf, pseudonymOf, putReceipt, stateOf } from './kept.ts';
import { liftObjections, recordObjection, type SubjectStatement } from './objections.ts';
import { type ConsentEnd, endReceipt, type KeptReceipt, reduceReceipt } from './receipt.ts';
import { purposeNamed, subjectNamed } from './terms.ts';

/** What ended, and the proof that nothing is left. */
export interface EndedConsents {
  /** All receipts of the subject under the purpose, as they are kept from now on. */
  readonly ended: readonly KeptReceipt[];
  /** Says where a legal hold suspends the erasure; the consents have ended all the same. */
  readonly certificate: ErasureCertificate;
  /** The subject's pseudonyms in the audit until now, hex. */
  readonly pseudonyms: readonly string[];
}

/** What sweeping the receipts that are due did. */
export interface SettledConsents {
  readonly settled: number;
  /** Tried again an hour later. */
  readonly failed: number;
}

/** The ways in which consents end. Each erases the subject before it resolves, and then keeps proof without a name. */
export interface ConsentEndings {
  /**
   * Ends the consents of a subject to a purpose: every receipt, because what is held cannot be told apart by receipt.
   * Once this has begun no enrolment counts on them, even if erasing fails; then call it again.
   * @throws {ServiceError} ResourceNotFoundException, InvalidParameterException
   */
  withdraw(which: OwnRequestOf<'WithdrawConsent'>, by: string): Promise<EndedConsents>;
  /** Ends consents as {@link withdraw} does, by the subject's own word, and lets none count until it is taken back. */
  object(
    request: OwnRequestOf<'RecordObjection'>,
    by: string,
  ): Promise<EndedConsents & { readonly objectionId: string }>;
  /** @returns how many objections stood @throws {ServiceError} ResourceNotFoundException when none did */
  liftObjection(request: OwnRequestOf<'LiftObjection'>, by: string): Promise<number>;
  /** Erases a subject on request, under one purpose or all, its receipts with it; there need be none. */
  erase(
    which: { readonly subject: string; readonly purpose?: PurposeName; readonly reason: ErasureReason },
    by: string,
  ): Promise<EndedConsents>;
  /** Ends what has expired and finishes what a stop interrupted, at most `limit` receipts. */
  settleDue(limit: number): Promise<SettledConsents>;
}

/** What one ending is about. */
interface Ending {
  readonly subject: string;
  readonly purpose?: PurposeName;
  readonly state: ConsentEnd;
  readonly reason: ErasureReason;
  readonly by: string;
}

const retryMs = 3_600_000;

/** Builds the endings of a book of consents. */
export function createEndings(parts: ConsentParts): ConsentEndings {
  const { documents, policy, signer, eraser, locks, clock, ids } = parts;

  /** With the subject's lock held: no receipt counts from the first step on, and names go only after the erasure. */
  async function end(ending: Ending): Promise<EndedConsents> {
    const { subject, purpose, state, reason, by } = ending;
    const held = await documents.change((change) => {
      const at = { state, atMs: clock(), by };
      return heldReceipts(change, ending).map((kept) => {
        const over = endReceipt(kept, at, signer);
        putReceipt(change, over);
        return over;
      });
    });
    const certificate = await eraser.eraseSubject({
      subject,
      reason,
      requestedBy: by,
      ...(purpose !== undefined && { purpose }),
    });
    // By id: the eraser may have taken the names out of them already.
    const ended = await documents.change((change) =>
      held.flatMap(({ receiptId }) => {
        const document = change.get('receipt', receiptId);
        if (document === undefined) return [];
        const over = { ...keptOf(document), certificateId: certificate.certificateId };
        // What a legal hold keeps loses its names when the eraser comes back for it (receiptSource).
        const left =
          certificate.suspendedBy === undefined ? reduceReceipt(over) : { ...over, suspended: true as const };
        putReceipt(change, left);
        return [left];
      }),
    );
    await documents.scrub();
    const pseudonyms = [...new Set(held.flatMap((kept) => (kept.held ? [pseudonymOf(kept.held.pseudonymKey)] : [])))];
    return { ended, certificate, pseudonyms };
  }

  async function named(which: OwnRequestOf<'WithdrawConsent'>): Promise<{ subject: string; purpose: PurposeName }> {
    if (which.receiptId !== undefined) {
      if (which.subject !== undefined || which.purpose !== undefined) throw eitherOr();
      const document = await documents.read((view) => view.get('receipt', which.receiptId ?? ''));
      if (document === undefined) throw noReceipt();
      const { held, purpose } = keptOf(document);
      if (held === undefined) throw noReceipt('This consent has ended already, and what was held is erased.');
      return { subject: held.subject, purpose };
    }
    if (which.subject === undefined || which.purpose === undefined) throw eitherOr();
    return { subject: subjectNamed(which.subject), purpose: purposeNamed(policy, which.purpose).name };
  }

  async function settle(receiptId: string, about: { subject: string; purpose: PurposeName }): Promise<void> {
    const nowMs = clock();
    const left = await documents.change((change) => {
      const document = change.get('receipt', receiptId);
      const kept = document && keptOf(document);
      if (kept?.held === undefined) return undefined;
      if (kept.ended !== undefined) return kept;
      const renewed = heldReceipts(change, about).some((other) => stateOf(other, nowMs) === 'active');
      if (!renewed) return kept;
      // Another receipt carries on, so only this one ends.
      const at = { state: 'expired', atMs: nowMs, by: serverItself } as const;
      putReceipt(change, reduceReceipt(endReceipt(kept, at, signer)));
      return undefined;
    });
    if (left === undefined) return;
    const state = left.ended?.state ?? 'expired';
    await end({ ...about, state, reason: reasons[state], by: left.ended?.by ?? serverItself });
  }

  return {
    async withdraw(which, by) {
      const about = await named(which);
      return locks.hold(about.purpose, about.subject, async () => {
        if ((await documents.read((view) => heldReceipts(view, about))).length === 0) throw noReceipt();
        return end({ ...about, state: 'withdrawn', reason: 'withdrawal', by });
      });
    },
    async object({ subject, purpose, method, evidence }, by) {
      const about = { subject: subjectNamed(subject), purpose: purposeNamed(policy, purpose).name };
      const objectionId = ids();
      const statement = { ...sayingOf(method, evidence), atMs: clock(), by };
      return locks.hold(about.purpose, about.subject, async () => {
        await documents.change((change) => recordObjection(change, { id: objectionId, ...about }, statement));
        return { objectionId, ...(await end({ ...about, state: 'objected', reason: 'objection', by })) };
      });
    },
    async liftObjection({ subject, purpose, method, evidence }, by) {
      const about = { subject: subjectNamed(subject), purpose: purposeNamed(policy, purpose).name };
      const statement = { ...sayingOf(method, evidence), atMs: clock(), by };
      const lifted = await locks.hold(about.purpose, about.subject, () =>
        documents.change((change) => liftObjections(change, about.purpose, about.subject, statement)),
      );
      if (lifted === 0) {
        throw new ServiceError('ResourceNotFoundException', 'No objection of this subject to this purpose stands.');
      }
      return lifted;
    },
    erase: ({ subject, purpose, reason }, by) =>
      locks.hold(purpose, subject, () =>
        end({ subject, ...(purpose !== undefined && { purpose }), state: 'erased', reason, by }),
      ),
    async settleDue(limit) {
      const due = await documents.read((view) => view.due('receipt', clock(), limit).map(keptOf));
      let settled = 0;
      let failed = 0;
      for (const { receiptId, purpose, held } of due) {
        if (held === undefined) continue;
        const about = { subject: held.subject, purpose };
        try {
          await locks.hold(purpose, held.subject, () => settle(receiptId, about));
          settled += 1;
        } catch {
          // Such as a legal hold on the subject: the others must not wait for it.
          await documents.change((change) => {
            const document = change.get('receipt', receiptId);
            if (document !== undefined) putReceipt(change, keptOf(document), clock() + retryMs);
          });
          failed += 1;
        }
      }
      return { settled, failed };
    },
  };
}

const serverItself = 'likeness';

const reasons = {
  withdrawn: 'withdrawal',
  expired: 'retention',
  objected: 'objection',
  erased: 'erasure-request',
} as const satisfies Record<ConsentEnd, ErasureReason>;

const ownWords = ['signed-form', 'in-app', 'verbal-recorded'] as const;

/** How the subject said so; nobody says it for the subject. */
function sayingOf(method: string, evidence: string | undefined): Pick<SubjectStatement, 'method' | 'evidence'> {
  const own = ownWords.find((name) => name === method);
  if (own === undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      `Only the subject itself objects, and only it takes that back: the method is one of ${ownWords.join(', ')}. Read docs/accountability.md#minors.`,
    );
  }
  if (evidence !== undefined && evidence.length > 1_000) {
    throw new ServiceError('InvalidParameterException', 'evidence has more than 1000 characters.');
  }
  return { method: own, ...(evidence !== undefined && { evidence }) };
}

function eitherOr(): ServiceError {
  return new ServiceError('InvalidParameterException', 'Name either a receiptId, or a subject with its purpose.');
}

function noReceipt(message = 'There is no consent receipt of this subject for this purpose.'): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}
