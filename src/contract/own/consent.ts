import type { ObjectSchema } from '../json-schema.ts';
import { consentMethods, consentReceiptSchema, withdrawalSchema } from './consent-receipt.ts';
import { erasureCertificateSchema } from './retention.ts';
import type { OwnOperationRow } from './row.ts';

const subject = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: '[a-zA-Z0-9_.\\-:]+',
  description: 'The ExternalImageId or UserId, exactly as images and users are given it.',
} as const;

const purpose = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: 'One of the purposes of GetPolicy.',
} as const;

const moment = {
  type: 'string',
  maxLength: 40,
  description: 'ISO 8601 with a time zone, or a day (its beginning in UTC).',
} as const;

/** The terms of a consent, as GrantConsent and each row of ImportConsents take them. */
const grantMembers = {
  subject,
  purpose,
  method: { type: 'string', enum: consentMethods, description: 'How it was given.' },
  grantedAt: { ...moment, description: `Now when absent. ${moment.description}` },
  expiresAt: { ...moment, description: `As late as the purpose allows when absent. ${moment.description}` },
  noticeText: { type: 'string', minLength: 1, maxLength: 20_000, description: 'What the person was told.' },
  noticeUrl: { type: 'string', minLength: 1, maxLength: 2_000, description: 'Where it can be read; needs the hash.' },
  noticeSha256: { type: 'string', pattern: '[0-9a-f]{64}', description: 'Of its bytes as the person saw them.' },
  language: {
    type: 'string',
    pattern: '[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*',
    maxLength: 35,
    description: "'en' when absent.",
  },
  controller: { type: 'string', minLength: 1, maxLength: 255, description: 'Who answers for the processing.' },
  legalBasis: { type: 'string', minLength: 1, maxLength: 1_000, description: 'The law or order, for legal-basis.' },
  guardian: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 255 },
      relation: { type: 'string', minLength: 1, maxLength: 100, description: "Such as 'mother'." },
    },
    required: ['name', 'relation'],
  },
  minor: { type: 'boolean', description: 'False when absent. A minor needs a guardian.' },
  evidence: { type: 'string', minLength: 1, maxLength: 1_000, description: 'Where the form or recording is kept.' },
} as const;

const terms = {
  type: 'object',
  properties: grantMembers,
  required: ['subject', 'purpose', 'method'],
} as const satisfies ObjectSchema;

/** The same without bounds: in an import a bad value fails its row and not the call. */
const looseTerms = {
  type: 'object',
  properties: {
    subject: { type: 'string' },
    purpose: { type: 'string' },
    method: { type: 'string', description: 'As GrantConsent takes it, like every member.' },
    grantedAt: { type: 'string' },
    expiresAt: { type: 'string' },
    noticeText: { type: 'string' },
    noticeUrl: { type: 'string' },
    noticeSha256: { type: 'string' },
    language: { type: 'string' },
    controller: { type: 'string' },
    legalBasis: { type: 'string' },
    guardian: {
      type: 'object',
      properties: { name: { type: 'string' }, relation: { type: 'string' } },
      required: ['name', 'relation'],
    },
    minor: { type: 'boolean' },
    evidence: { type: 'string' },
  },
  required: ['subject', 'purpose', 'method'],
} as const satisfies ObjectSchema;

/** A receipt in short. */
const summary = {
  type: 'object',
  properties: {
    receiptId: { type: 'string' },
    subject: { type: 'string', description: 'Absent once it is erased.' },
    purpose: { type: 'string' },
    state: { type: 'string', enum: ['active', 'expired', 'withdrawn', 'objected'] },
    method: { type: 'string', enum: consentMethods },
    minor: { type: 'boolean' },
    grantedAt: { type: 'string' },
    expiresAt: { type: 'string' },
    endedAt: { type: 'string', description: 'When it was withdrawn, objected to or cleared away.' },
    noticeSha256: { type: 'string' },
    receiptSha256: {
      type: 'string',
      description: 'Of the canonical JSON of the signed receipt; proof once it is gone.',
    },
  },
  required: [
    'receiptId',
    'purpose',
    'state',
    'method',
    'minor',
    'grantedAt',
    'expiresAt',
    'noticeSha256',
    'receiptSha256',
  ],
} as const satisfies ObjectSchema;

const certificate = erasureCertificateSchema;

const ended = {
  type: 'object',
  properties: {
    receipts: {
      type: 'array',
      items: summary,
      description: 'All of the subject under the purpose: they end together.',
    },
    certificate,
  },
  required: ['receipts', 'certificate'],
} as const satisfies ObjectSchema;

const statement = {
  method: {
    type: 'string',
    enum: ['signed-form', 'in-app', 'verbal-recorded'],
    description: 'How the subject said so.',
  },
  evidence: { type: 'string', minLength: 1, maxLength: 1_000, description: 'Where that is kept; without names.' },
} as const;

/** Consent receipts: granting, withdrawing, reading, importing; and a subject's objection. */
export const consentOperations = {
  GrantConsent: {
    method: 'POST',
    path: '/consents',
    roles: ['enroller', 'admin'],
    summary: 'Records the consent of a subject to a purpose and answers the signed receipt, and its token once.',
    request: terms,
    response: {
      type: 'object',
      properties: {
        receiptId: { type: 'string' },
        created: { type: 'boolean', description: 'False: a receipt with the same terms is active already; no token.' },
        receipt: consentReceiptSchema,
        token: {
          type: 'string',
          description: 'For the person: it opens their page. It is answered this once and kept nowhere.',
        },
      },
      required: ['receiptId', 'created', 'receipt'],
    },
    errors: ['InvalidParameterException'],
  },
  ImportConsents: {
    method: 'POST',
    path: '/consents/import',
    roles: ['enroller', 'admin'],
    summary: 'Records up to 100 consents; each row succeeds or fails by itself.',
    request: {
      type: 'object',
      properties: { rows: { type: 'array', items: looseTerms, description: '1 to 100.' } },
      required: ['rows'],
    },
    response: {
      type: 'object',
      properties: {
        results: {
          type: 'array',
          description: 'One for each row, in their order.',
          items: {
            type: 'object',
            properties: {
              receiptId: { type: 'string', description: 'Absent where the row failed.' },
              created: { type: 'boolean' },
              token: { type: 'string' },
              code: { type: 'string', description: 'Why it failed.' },
              message: { type: 'string' },
            },
          },
        },
      },
      required: ['results'],
    },
    errors: ['InvalidParameterException'],
  },
  WithdrawConsent: {
    method: 'POST',
    path: '/consents/withdrawal',
    roles: ['enroller', 'admin'],
    summary: 'Ends the consent of a subject to a purpose and erases what is held of it before it answers.',
    request: {
      type: 'object',
      description: 'Either a receipt, or a subject with a purpose.',
      properties: { receiptId: { type: 'string', minLength: 1, maxLength: 100 }, subject, purpose },
    },
    response: ended,
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
  GetConsent: {
    method: 'GET',
    path: '/consents/receipt',
    roles: ['enroller', 'admin', 'auditor'],
    summary: 'One receipt with its state; after its end, what is left as proof.',
    request: {
      type: 'object',
      properties: { receiptId: { type: 'string', minLength: 1, maxLength: 100 } },
      required: ['receiptId'],
    },
    response: {
      type: 'object',
      properties: { summary, receipt: consentReceiptSchema, withdrawal: withdrawalSchema },
      required: ['summary'],
    },
    errors: ['ResourceNotFoundException'],
  },
  ListConsents: {
    method: 'POST',
    path: '/consents/list',
    roles: ['enroller', 'admin', 'auditor'],
    summary: 'Receipts in short, a page at a time.',
    request: {
      type: 'object',
      properties: {
        subject,
        purpose,
        state: { type: 'string', enum: ['active', 'expired', 'withdrawn', 'objected'] },
        after: { type: 'string', maxLength: 100, description: 'The `next` of the page before.' },
        limit: { type: 'integer', minimum: 1, maximum: 1000, description: '100 when absent.' },
      },
    },
    response: {
      type: 'object',
      properties: {
        receipts: { type: 'array', items: summary },
        next: { type: 'string', description: 'What to send as `after` for more; absent at the end.' },
      },
      required: ['receipts'],
    },
    errors: ['InvalidParameterException'],
  },
  RecordObjection: {
    method: 'POST',
    path: '/consents/objection',
    roles: ['enroller', 'admin'],
    summary:
      "Records that the subject itself objects, whoever consented for it; erases, and outlasts every guardian's receipt.",
    request: {
      type: 'object',
      properties: { subject, purpose, ...statement },
      required: ['subject', 'purpose', 'method'],
    },
    response: {
      type: 'object',
      properties: { objectionId: { type: 'string' }, ...ended.properties },
      required: ['objectionId', 'receipts', 'certificate'],
    },
    errors: ['InvalidParameterException'],
  },
  LiftObjection: {
    method: 'POST',
    path: '/consents/objection-lifting',
    roles: ['enroller', 'admin'],
    summary: 'Records that the subject itself took its objection back; receipts count again from then on.',
    request: {
      type: 'object',
      properties: { subject, purpose, ...statement },
      required: ['subject', 'purpose', 'method'],
    },
    response: {
      type: 'object',
      properties: { lifted: { type: 'integer', description: 'How many objections stood.' } },
      required: ['lifted'],
    },
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
} as const satisfies Record<string, OwnOperationRow>;
