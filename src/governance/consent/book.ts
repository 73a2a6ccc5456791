import { randomBytes } from 'node:crypto';
import { ServiceError, type SignedConsentReceipt } from '../../contract/index.ts';
import type { DocumentChange, DocumentView, KeptDocument } from '../../stores/ports/index.ts';
import type { PurposeName } from '../policy/index.ts';
import { type ConsentEndings, createEndings } from './ending.ts';
import { type ConsentParts, type ConsentState, keptOf, pseudonymOf, putReceipt, stateOf } from './kept.ts';
import type { ConsentLedger } from './ledger.ts';
import { allNamed, subjectName } from './names.ts';
import { isObjecting } from './objections.ts';
import { holdsFor, type KeptReceipt, makeReceipt, receiptDigest } from './receipt.ts';
import { type ConsentTerms, type GrantRequest, readTerms, termsDigest } from './terms.ts';

/** A receipt with what it amounts to now. */
export interface FoundConsent {
  readonly kept: KeptReceipt;
  readonly state: ConsentState;
  /** Hex; the subject's pseudonym in the audit; absent once the subject is erased. */
  readonly pseudonym?: string;
}

/** What recording a consent made. */
export interface GrantedConsent {
  readonly receiptId: string;
  /** False when a receipt with the very same terms is active already; it has no token then. */
  readonly created: boolean;
  readonly receipt: SignedConsentReceipt;
  /** 43 characters, base64url of 32 random bytes; only its keyed hash is kept. */
  readonly token?: string;
  readonly pseudonym: string;
}

/** Which receipts are wanted. */
export interface ConsentFilter {
  readonly subject?: string;
  readonly purpose?: PurposeName;
  readonly state?: ConsentState;
  readonly after?: string;
  readonly limit: number;
}

/** The book of consents: grants, reads and ends them, and is the gate's ledger. */
export interface ConsentBook extends ConsentLedger, ConsentEndings {
  /** @throws {ServiceError} InvalidParameterException, AccessDeniedException when the subject objects */
  grant(request: GrantRequest, by: string): Promise<GrantedConsent>;
  find(receiptId: string): Promise<FoundConsent | undefined>;
  /** The receipt that a person holds the token of. */
  findByToken(token: string): Promise<FoundConsent | undefined>;
  /** A page in the order of ids; `next` is absent at the end. */
  list(filter: ConsentFilter): Promise<{ readonly found: readonly FoundConsent[]; readonly next?: string }>;
}

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;
const scanSize = 200;

/** Opens the book over the documents that governance keeps. */
export function createConsentBook(parts: ConsentParts): ConsentBook {
  const { documents, policy, signer, locks, clock, ids } = parts;

  const findActive = (view: DocumentView, purpose: PurposeName, subject: string): KeptReceipt | undefined => {
    if (isObjecting(view, purpose, subject)) return undefined;
    const asked = { purpose, subject, nowMs: clock(), publicKeyPem: signer.publicKeyPem };
    return allNamed(view, 'receipt', 'subject', subjectName(purpose, subject))
      .map(keptOf)
      .find((kept) => holdsFor(kept, asked));
  };

  const found = (document: KeptDocument | undefined): FoundConsent | undefined => {
    if (document === undefined) return undefined;
    const kept = keptOf(document);
    return {
      kept,
      state: stateOf(kept, clock()),
      ...(kept.held && { pseudonym: pseudonymOf(kept.held.pseudonymKey) }),
    };
  };

  function add(change: DocumentChange, terms: ConsentTerms, by: string): GrantedConsent {
    const { subject, purpose } = terms;
    if (isObjecting(change, purpose, subject)) {
      throw new ServiceError(
        'AccessDeniedException',
        'The subject objected to this purpose, and an objection counts more than any consent given for it. Only the subject itself can take it back (LiftObjection). Read docs/accountability.md#minors.',
      );
    }
    const standing = allNamed(change, 'receipt', 'subject', subjectName(purpose, subject)).map(keptOf);
    if (standing.some((kept) => kept.ended !== undefined)) {
      throw new ServiceError(
        'ConflictException',
        'An earlier consent of this subject has ended, and what was held of it is not erased yet. Call WithdrawConsent again, and grant when it has answered.',
      );
    }
    const digest = termsDigest(terms);
    const nowMs = clock();
    const same = standing.find((kept) => kept.held?.termsDigest === digest && stateOf(kept, nowMs) === 'active');
    if (same?.held !== undefined) {
      return {
        receiptId: same.receiptId,
        created: false,
        receipt: same.held.receipt,
        pseudonym: pseudonymOf(same.held.pseudonymKey),
      };
    }
    const receiptId = ids();
    const receipt = makeReceipt(terms, {
      receiptId,
      salt: randomBytes(16).toString('hex'),
      atMs: nowMs,
      by,
      policy,
      signer,
    });
    const token = randomBytes(32).toString('base64url');
    // Receipts of one subject share a pseudonym, so that its consents can be followed in the audit until it is erased.
    const pseudonymKey =
      standing.find((kept) => kept.held !== undefined)?.held?.pseudonymKey ?? randomBytes(32).toString('hex');
    const kept: KeptReceipt = {
      format: 1,
      receiptId,
      purpose,
      method: terms.method,
      minor: terms.minor,
      grantedAtMs: terms.grantedAtMs,
      expiresAtMs: terms.expiresAtMs,
      noticeSha256: terms.notice.sha256,
      receiptSha256: receiptDigest(receipt),
      tokenMac: parts.tokenMac(token),
      held: { subject, receipt, pseudonymKey, termsDigest: digest },
    };
    putReceipt(change, kept);
    return { receiptId, created: true, receipt, token, pseudonym: pseudonymOf(pseudonymKey) };
  }

  return {
    ...createEndings(parts),
    async activeReceipt({ purpose, subject }) {
      const kept = await documents.read((view) => findActive(view, purpose, subject));
      return kept && { receiptId: kept.receiptId };
    },
    purposeOfReceipt: (receiptId) =>
      documents.read((view) => {
        const document = view.get('receipt', receiptId);
        return document && keptOf(document).purpose;
      }),
    async grant(request, by) {
      const terms = readTerms(request, { policy, controller: parts.controller, nowMs: clock() });
      const { purpose, subject } = terms;
      return locks.hold(purpose, subject, async () => {
        // Before the receipt counts, so that no face of a minor is ever stored unmarked.
        if (terms.minor) {
          await parts.markMinor({
            purpose,
            subject,
            person: by,
            reason: 'the consent receipt says so',
            source: 'receipt',
          });
        }
        return documents.change((change) => add(change, terms, by));
      });
    },
    find: async (receiptId) => found(await documents.read((view) => view.get('receipt', receiptId))),
    async findByToken(token) {
      if (!tokenPattern.test(token)) return undefined;
      const mac = parts.tokenMac(token);
      return found(await documents.read((view) => view.named('receipt', 'token', mac, { limit: 1 })[0]));
    },
    list: ({ subject, purpose, state, after, limit }) =>
      documents.read((view) => {
        const rows: FoundConsent[] = [];
        let afterId = after;
        for (;;) {
          const page = { limit: scanSize, ...(afterId !== undefined && { afterId }) };
          const scanned =
            subject !== undefined && purpose !== undefined
              ? view.named('receipt', 'subject', subjectName(purpose, subject), page)
              : subject !== undefined
                ? view.named('receipt', 'anyPurpose', subject, page)
                : purpose !== undefined
                  ? view.named('receipt', 'purpose', purpose, page)
                  : view.list('receipt', page);
          for (const document of scanned) {
            const row = found(document);
            if (row === undefined || (state !== undefined && row.state !== state)) continue;
            if (rows.length === limit) return { found: rows, next: rows.at(-1)?.kept.receiptId ?? '' };
            rows.push(row);
          }
          if (scanned.length < scanSize) return { found: rows };
          afterId = scanned.at(-1)?.id;
        }
      }),
  };
}
