import type { ConsentMethod, SignedConsentReceipt, SignedWithdrawal } from '../../contract/index.ts';
import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import { type Signer, signDocument, verifyDocument } from '../../shared/signing.ts';
import type { Policy, PurposeName } from '../policy/index.ts';
import type { ConsentTerms } from './terms.ts';

/** How a consent can end. */
export type ConsentEnd = 'withdrawn' | 'expired' | 'objected' | 'erased';

/** A receipt as it is kept, sealed. What names the subject is removed once it has ended and the subject is erased. */
export interface KeptReceipt {
  readonly format: 1;
  readonly receiptId: string;
  readonly purpose: PurposeName;
  readonly method: ConsentMethod;
  readonly minor: boolean;
  readonly grantedAtMs: number;
  readonly expiresAtMs: number;
  readonly noticeSha256: string;
  /** Of the canonical JSON of the signed receipt: whoever still has it can show that this is what ended. */
  readonly receiptSha256: string;
  /** Hex keyed hash of the token. */
  readonly tokenMac: string;
  readonly ended?: { readonly state: ConsentEnd; readonly atMs: number; readonly by: string };
  readonly withdrawal?: SignedWithdrawal;
  readonly certificateId?: string;
  /** A legal hold keeps what was to be erased. */
  readonly suspended?: true;
  /** Absent once reduced. */
  readonly held?: {
    readonly subject: string;
    readonly receipt: SignedConsentReceipt;
    /** Hex of 32 random bytes: the subject's pseudonym in the audit of consent operations comes from it. */
    readonly pseudonymKey: string;
    readonly termsDigest: string;
  };
}

const schemaVersion = 'ISO/IEC TS 27560:2023 / likeness 1';

/** Builds and signs the receipt of a consent, in the sections of ISO/IEC TS 27560:2023. */
export function makeReceipt(
  terms: ConsentTerms,
  recorded: {
    readonly receiptId: string;
    readonly salt: string;
    readonly atMs: number;
    readonly by: string;
    readonly policy: Policy;
    readonly signer: Signer;
  },
): SignedConsentReceipt {
  const purpose = recorded.policy.purposes[terms.purpose];
  const days = Math.ceil((terms.expiresAtMs - terms.grantedAtMs) / 86_400_000);
  const byLaw = terms.method === 'legal-basis';
  const lawfulBasis = byLaw ? 'legal-basis' : terms.guardian ? 'guardian-consent' : 'explicit-consent';
  return signDocument(recorded.signer, {
    schema_version: schemaVersion,
    receipt_id: recorded.receiptId,
    salt: recorded.salt,
    header: { record_id: recorded.receiptId, pii_principal_id: terms.subject, minor: terms.minor },
    processing: {
      privacy_notice: terms.notice,
      language: terms.language,
      purposes: [
        {
          purpose: purpose.name,
          purpose_description: purpose.for,
          lawful_basis: lawfulBasis,
          ...(terms.legalBasis !== undefined && { legal_basis_reference: terms.legalBasis }),
          pii_information: [
            {
              pii_type: 'face template (biometric data)',
              pii_optional: false,
              sensitive_pii_category: true,
              special_pii_category: true,
            },
          ],
          pii_controllers: ['controller'],
          collection_method: 'photos that the controller gives to the server',
          processing_method: 'automated comparison of face templates; the photos themselves are not kept',
          storage_locations: ["the controller's own server"],
          retention_period: `P${purpose.retention.maxDays}D`,
          recipient_third_parties: [],
          withdrawal_method: "the page behind this receipt's token, or a word to the controller, at any time",
          privacy_rights: ['access', 'erasure', 'withdrawal', 'contest'],
        },
      ],
    },
    parties: [
      { party_id: 'controller', party_type: 'controller', party_name: terms.controller },
      ...(terms.guardian
        ? [
            {
              party_id: 'guardian',
              party_type: 'guardian' as const,
              party_name: terms.guardian.name,
              relation: terms.guardian.relation,
            },
          ]
        : []),
    ],
    event: {
      event_time: iso(terms.grantedAtMs),
      event_type: terms.method,
      event_state: 'consent-given',
      valid_until: iso(terms.expiresAtMs),
      validity_duration: `P${days}D`,
      entity_id: byLaw ? 'controller' : terms.guardian ? 'guardian' : 'pii-principal',
      recorded_at: iso(recorded.atMs),
      recorded_by: recorded.by,
      ...(terms.evidence !== undefined && { evidence: terms.evidence }),
    },
  });
}

/** Hex SHA-256 of a signed receipt's canonical JSON. */
export function receiptDigest(receipt: SignedConsentReceipt): string {
  return sha256Hex(canonicalJson(receipt));
}

/**
 * Whether a kept receipt lets its subject be enrolled now. Everything that counts is read from the signed document, so
 * that a body changed beside it gains nothing.
 */
export function holdsFor(
  kept: KeptReceipt,
  asked: {
    readonly purpose: PurposeName;
    readonly subject: string;
    readonly nowMs: number;
    readonly publicKeyPem: string;
  },
): boolean {
  const receipt = kept.held?.receipt;
  if (receipt === undefined || kept.ended !== undefined) return false;
  const grantedAtMs = Date.parse(receipt.event.event_time);
  const expiresAtMs = Date.parse(receipt.event.valid_until);
  return (
    receipt.receipt_id === kept.receiptId &&
    receipt.header.pii_principal_id === asked.subject &&
    receipt.processing.purposes.some(({ purpose }) => purpose === asked.purpose) &&
    grantedAtMs <= asked.nowMs &&
    asked.nowMs < expiresAtMs &&
    verifyDocument(asked.publicKeyPem, receipt)
  );
}

/** The receipt marked as ended; the statement of it is signed and names nobody. */
export function endReceipt(
  kept: KeptReceipt,
  end: { readonly state: ConsentEnd; readonly atMs: number; readonly by: string },
  signer: Signer,
): KeptReceipt {
  if (kept.ended !== undefined) return kept;
  const withdrawal: SignedWithdrawal = signDocument(signer, {
    receipt_id: kept.receiptId,
    receipt_sha256: kept.receiptSha256,
    event_state: eventStates[end.state],
    event_time: iso(end.atMs),
    recorded_by: end.by,
  });
  return { ...kept, ended: end, withdrawal };
}

const eventStates = {
  withdrawn: 'consent-withdrawn',
  expired: 'consent-expired',
  objected: 'objected',
  erased: 'erased',
} as const satisfies Record<ConsentEnd, SignedWithdrawal['event_state']>;

/** What is left as proof: ids, dates, purpose and hashes, and no name. */
export function reduceReceipt(kept: KeptReceipt): KeptReceipt {
  const { held: _held, suspended: _suspended, ...proof } = kept;
  return proof;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
