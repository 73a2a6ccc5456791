import { ServiceError, type SignedConsentReceipt } from '../../contract/index.ts';
import { verifyDocument } from '../../shared/signing.ts';
import type { ConsentBook, GrantRequest } from '../consent/index.ts';
import { receiptDigest } from '../consent/receipt.ts';
import type { PurposeName } from '../policy/index.ts';
import { PayloadError } from './payload.ts';

/** A consent that was recorded here anew, with the token that its person needs from now on. */
export interface MovedConsent {
  readonly subject: string;
  readonly receiptId: string;
  readonly token: string;
}

/** What became of receipts on their way in. */
export interface EnteredConsents {
  readonly recorded: readonly MovedConsent[];
  /** Subjects whose consent stands here already. */
  readonly standing: number;
  /** Receipts that do not count here, by why. */
  readonly left: readonly { readonly reason: 'erased' | 'no-consent'; readonly subject: string }[];
}

/**
 * Records consents that another server vouches for, under their own terms: whom, for what, when, told what. Each must be
 * signed by that server, for this purpose, and running. Who withdrew or objected here, or was erased here after the
 * consent was given, is not brought back by it.
 *
 * @param about.erasedSince whether the subject was erased here at or after a time
 * @throws {PayloadError} for a receipt that the other server did not sign, or for another purpose
 */
export async function recordMovedConsents(
  receipts: readonly unknown[],
  about: {
    readonly book: ConsentBook;
    readonly purpose: PurposeName;
    readonly collectionId: string;
    readonly sourceKeyPem: string;
    readonly sourceKeyId: string;
    readonly by: string;
    readonly erasedSince: (subject: string, sinceMs: number) => boolean;
  },
): Promise<EnteredConsents> {
  const { book, purpose, collectionId } = about;
  const recorded: MovedConsent[] = [];
  const left: EnteredConsents['left'][number][] = [];
  let standing = 0;
  for (const value of receipts) {
    const receipt = value as SignedConsentReceipt;
    if (!verifyDocument(about.sourceKeyPem, receipt)) {
      throw new PayloadError('a consent receipt that the exporting server did not sign');
    }
    const request = termsOfReceipt(receipt, about.sourceKeyId);
    if (request.purpose !== purpose || receipt.processing.purposes.length !== 1) {
      throw new PayloadError('a consent receipt for another purpose');
    }
    const { subject } = request;
    const endedHere = (await book.find(receipt.receipt_id))?.kept.ended !== undefined;
    if (endedHere) left.push({ reason: 'no-consent', subject });
    else if (about.erasedSince(subject, Date.parse(receipt.event.event_time))) left.push({ reason: 'erased', subject });
    else if ((await book.activeReceipt({ purpose, collectionId, subject })) !== undefined) standing += 1;
    else {
      const granted = await grantOrNot(book, request, about.by);
      if (granted === undefined) left.push({ reason: 'no-consent', subject });
      else if (granted.created) recorded.push({ subject, receiptId: granted.receiptId, token: granted.token ?? '' });
      else standing += 1;
    }
  }
  return { recorded, standing, left };
}

async function grantOrNot(book: ConsentBook, request: GrantRequest, by: string) {
  try {
    return await book.grant(request, by);
  } catch (error) {
    // Over, objected to, ended and not erased yet, or less than this server's policy asks for.
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

/** The terms of a receipt as if they were told anew; the receipt itself is named as the evidence. */
function termsOfReceipt(receipt: SignedConsentReceipt, sourceKeyId: string): GrantRequest {
  try {
    const { header, processing, parties, event } = receipt;
    const [purpose] = processing.purposes;
    const controller = parties.find(({ party_type }) => party_type === 'controller');
    const guardian = parties.find(({ party_type }) => party_type === 'guardian');
    const { sha256, text, uri } = processing.privacy_notice;
    const moved = `moved: receipt ${receipt.receipt_id} of the server with key ${sourceKeyId}, sha256 ${receiptDigest(receipt)}`;
    return {
      subject: header.pii_principal_id,
      purpose: purpose?.purpose ?? '',
      method: event.event_type,
      grantedAt: event.event_time,
      expiresAt: event.valid_until,
      noticeSha256: sha256,
      ...(text !== undefined && { noticeText: text }),
      ...(uri !== undefined && { noticeUrl: uri }),
      language: processing.language,
      ...(controller && { controller: controller.party_name }),
      ...(purpose?.legal_basis_reference !== undefined && { legalBasis: purpose.legal_basis_reference }),
      ...(guardian && { guardian: { name: guardian.party_name, relation: guardian.relation ?? 'guardian' } }),
      minor: header.minor,
      evidence: `${moved}${event.evidence === undefined ? '' : `; ${event.evidence}`}`.slice(0, 1000),
    };
  } catch (cause) {
    if (cause instanceof TypeError) throw new PayloadError('a consent receipt that is none');
    throw cause;
  }
}
