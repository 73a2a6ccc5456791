import type { FromSchema, ObjectSchema } from '../json-schema.ts';

/** How a consent may have been given, or by what right it is replaced. */
export const consentMethods = ['signed-form', 'in-app', 'verbal-recorded', 'guardian-form', 'legal-basis'] as const;

/** One of {@link consentMethods}. */
export type ConsentMethod = (typeof consentMethods)[number];

/** The signature of a document; see shared/signing. */
export const signatureSchema = {
  type: 'object',
  description: 'Over the canonical JSON of the document without this member.',
  properties: {
    algorithm: { type: 'string', enum: ['Ed25519'] },
    keyId: { type: 'string', description: 'Names the public key of this server.' },
    value: { type: 'string', description: 'Base64 of 64 bytes.' },
  },
  required: ['algorithm', 'keyId', 'value'],
} as const satisfies ObjectSchema;

const texts = { type: 'array', items: { type: 'string' } } as const;

const purposeOfRecord = {
  type: 'object',
  properties: {
    purpose: { type: 'string' },
    purpose_description: { type: 'string' },
    lawful_basis: { type: 'string', enum: ['explicit-consent', 'guardian-consent', 'legal-basis'] },
    legal_basis_reference: { type: 'string', description: 'The law or order, where that is the basis.' },
    pii_information: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          pii_type: { type: 'string' },
          pii_optional: { type: 'boolean' },
          sensitive_pii_category: { type: 'boolean' },
          special_pii_category: { type: 'boolean' },
        },
        required: ['pii_type', 'pii_optional', 'sensitive_pii_category', 'special_pii_category'],
      },
    },
    pii_controllers: texts,
    collection_method: { type: 'string' },
    processing_method: { type: 'string' },
    storage_locations: texts,
    retention_period: { type: 'string', description: 'ISO 8601 duration.' },
    recipient_third_parties: texts,
    withdrawal_method: { type: 'string' },
    privacy_rights: texts,
  },
  required: [
    'purpose',
    'purpose_description',
    'lawful_basis',
    'pii_information',
    'pii_controllers',
    'collection_method',
    'processing_method',
    'storage_locations',
    'retention_period',
    'recipient_third_parties',
    'withdrawal_method',
    'privacy_rights',
  ],
} as const satisfies ObjectSchema;

/** A consent receipt as the person gets it: sections and names as ISO/IEC TS 27560:2023 has them. */
export const consentReceiptSchema = {
  type: 'object',
  description: 'A consent receipt after ISO/IEC TS 27560:2023; docs/consent-receipt.md explains each member.',
  properties: {
    schema_version: { type: 'string' },
    receipt_id: { type: 'string' },
    salt: { type: 'string', description: 'Random, so that nobody can guess at a receipt whose hash is left.' },
    header: {
      type: 'object',
      properties: {
        record_id: { type: 'string' },
        pii_principal_id: { type: 'string', description: 'The subject as the operator names it.' },
        minor: { type: 'boolean' },
      },
      required: ['record_id', 'pii_principal_id', 'minor'],
    },
    processing: {
      type: 'object',
      properties: {
        privacy_notice: {
          type: 'object',
          properties: {
            sha256: { type: 'string', description: 'Of the notice the person was shown.' },
            text: { type: 'string' },
            uri: { type: 'string' },
          },
          required: ['sha256'],
        },
        language: { type: 'string', description: 'Of the notice, BCP 47.' },
        purposes: { type: 'array', items: purposeOfRecord },
      },
      required: ['privacy_notice', 'language', 'purposes'],
    },
    parties: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          party_id: { type: 'string' },
          party_type: { type: 'string', enum: ['controller', 'guardian'] },
          party_name: { type: 'string' },
          relation: { type: 'string', description: "A guardian's to the subject." },
        },
        required: ['party_id', 'party_type', 'party_name'],
      },
    },
    event: {
      type: 'object',
      properties: {
        event_time: { type: 'string', description: 'When it was granted; ISO 8601, UTC.' },
        event_type: { type: 'string', enum: consentMethods },
        event_state: { type: 'string', enum: ['consent-given'] },
        valid_until: { type: 'string', description: 'ISO 8601, UTC.' },
        validity_duration: { type: 'string', description: 'ISO 8601 duration.' },
        entity_id: { type: 'string', description: 'The party that gave it, or the subject.' },
        recorded_at: { type: 'string' },
        recorded_by: { type: 'string', description: 'The person whose key recorded it.' },
        evidence: { type: 'string', description: 'Where the signed form or recording is kept.' },
      },
      required: [
        'event_time',
        'event_type',
        'event_state',
        'valid_until',
        'validity_duration',
        'entity_id',
        'recorded_at',
        'recorded_by',
      ],
    },
    signature: signatureSchema,
  },
  required: ['schema_version', 'receipt_id', 'salt', 'header', 'processing', 'parties', 'event', 'signature'],
} as const satisfies ObjectSchema;

/** A signed consent receipt. */
export type SignedConsentReceipt = FromSchema<typeof consentReceiptSchema>;

/** What is said of a withdrawal, signed too; it names nobody. */
export const withdrawalSchema = {
  type: 'object',
  properties: {
    receipt_id: { type: 'string' },
    receipt_sha256: { type: 'string', description: 'Hex SHA-256 of the canonical JSON of the signed receipt.' },
    event_state: { type: 'string', enum: ['consent-withdrawn', 'consent-expired', 'objected', 'erased'] },
    event_time: { type: 'string' },
    recorded_by: { type: 'string' },
    signature: signatureSchema,
  },
  required: ['receipt_id', 'receipt_sha256', 'event_state', 'event_time', 'recorded_by', 'signature'],
} as const satisfies ObjectSchema;

/** A signed statement that a consent has ended. */
export type SignedWithdrawal = FromSchema<typeof withdrawalSchema>;
