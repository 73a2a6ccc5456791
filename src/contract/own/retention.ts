import type { ObjectSchema } from '../json-schema.ts';
import { signatureSchema } from './consent-receipt.ts';
import type { OwnOperationRow } from './row.ts';

const subject = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: '[a-zA-Z0-9_.\\-:]+',
  description: 'An ExternalImageId or UserId.',
} as const;

const purpose = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: 'One of the purposes of GetPolicy.',
} as const;

const collectionId = { type: 'string', minLength: 1, maxLength: 255, pattern: '[a-zA-Z0-9_.\\-]+' } as const;

const moment = (description: string) => ({ type: 'string', description: `${description} ISO 8601, UTC.` }) as const;

const page = {
  after: { type: 'string', minLength: 1, maxLength: 255, description: 'The id after which to begin.' },
  limit: { type: 'integer', minimum: 1, maximum: 1000, description: '100 when absent.' },
} as const;

const next = { type: 'string', description: 'What to send as `after` for more; absent at the end.' } as const;

const countsByKind = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    properties: { before: { type: 'integer' }, after: { type: 'integer' } },
    required: ['before', 'after'],
  },
} as const satisfies ObjectSchema;

/** A signed certificate of erasure. */
export const erasureCertificateSchema = {
  type: 'object',
  description: 'Signed; says what was erased, and not of whom.',
  properties: {
    certificateId: { type: 'string' },
    at: moment('When it was signed.'),
    reason: { type: 'string', enum: ['withdrawal', 'erasure-request', 'retention', 'objection'] },
    purpose: { type: 'string', description: 'Absent: every purpose.' },
    subjectHash: { type: 'string', description: 'Hex keyed hash; names the tombstone.' },
    counts: countsByKind,
    collections: { type: 'object', description: 'The same by collection.', additionalProperties: countsByKind },
    policyDigest: { type: 'string' },
    backups: {
      type: 'array',
      description: 'Backups that still hold what was erased, until they expire.',
      items: {
        type: 'object',
        properties: { backupId: { type: 'string' }, createdAt: moment(''), expiresAt: moment('') },
        required: ['backupId', 'createdAt', 'expiresAt'],
      },
    },
    exports: {
      type: 'array',
      description:
        'Files that were exported from a collection that it lay in, and may hold it; from expiresAt on they are not imported.',
      items: {
        type: 'object',
        properties: {
          exportId: { type: 'string' },
          collectionId: { type: 'string' },
          createdAt: moment(''),
          expiresAt: moment(''),
        },
        required: ['exportId', 'collectionId', 'createdAt', 'expiresAt'],
      },
    },
    suspendedBy: {
      type: 'array',
      items: { type: 'string' },
      description: 'The legal holds that forbid it: nothing was erased, and no search finds the subject any more.',
    },
    statement: { type: 'string' },
    signature: signatureSchema,
  },
  required: [
    'certificateId',
    'at',
    'reason',
    'subjectHash',
    'counts',
    'collections',
    'policyDigest',
    'backups',
    'statement',
    'signature',
  ],
} as const satisfies ObjectSchema;

const dualOutcome = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['done', 'pending'], description: 'pending: another person must approve it.' },
    result: { type: 'object', additionalProperties: { type: 'string' } },
    proposalId: { type: 'string' },
    digest: { type: 'string', description: 'What the other person sends with ApproveProposal.' },
    expires: moment(''),
  },
  required: ['status'],
} as const satisfies ObjectSchema;

const legalHold = {
  type: 'object',
  properties: {
    holdId: { type: 'string' },
    subject: { type: 'string' },
    purpose: { type: 'string' },
    collectionId: { type: 'string' },
    reason: { type: 'string' },
    proposedBy: { type: 'string' },
    approvedBy: { type: 'string' },
    placedAt: moment(''),
    releasedAt: moment('Absent while it is in force.'),
  },
  required: ['holdId', 'reason', 'proposedBy', 'approvedBy', 'placedAt'],
} as const satisfies ObjectSchema;

const backup = {
  type: 'object',
  properties: {
    backupId: { type: 'string' },
    file: { type: 'string', description: 'On the server.' },
    state: { type: 'string', enum: ['running', 'ready', 'failed', 'removed'] },
    createdAt: moment(''),
    expiresAt: moment('From then on it is not restored, and its file is deleted.'),
    createdBy: { type: 'string' },
    bytes: { type: 'integer' },
    sha256: { type: 'string' },
    faces: { type: 'integer' },
    progress: { type: 'number', minimum: 0, maximum: 1 },
    why: { type: 'string', description: 'Of one that failed.' },
  },
  required: ['backupId', 'file', 'state', 'createdAt', 'expiresAt', 'createdBy'],
} as const satisfies ObjectSchema;

/** Retention, erasure, legal holds, backups, encryption. */
export const retentionOperations = {
  EraseSubject: {
    method: 'POST',
    path: '/erasures',
    roles: ['admin'],
    subject: 'collection',
    summary: 'Erases a subject under a purpose or all, or a face that bears no name, and answers the certificate.',
    request: {
      type: 'object',
      properties: {
        subject,
        purpose: { ...purpose, description: 'Every purpose when absent.' },
        collectionId: { ...collectionId, description: 'With faceId, instead of a subject.' },
        faceId: { type: 'string', minLength: 1, maxLength: 64 },
      },
    },
    response: {
      type: 'object',
      properties: { certificate: erasureCertificateSchema },
      required: ['certificate'],
    },
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
  GetErasureCertificate: {
    method: 'GET',
    path: '/erasures/certificate',
    roles: ['admin', 'auditor'],
    summary: 'The certificate of an erasure.',
    request: {
      type: 'object',
      properties: { certificateId: { type: 'string', minLength: 1, maxLength: 255 } },
      required: ['certificateId'],
    },
    response: {
      type: 'object',
      properties: {
        state: { type: 'string', enum: ['begun', 'suspended', 'done'] },
        certificate: erasureCertificateSchema,
      },
      required: ['state'],
    },
    errors: ['ResourceNotFoundException'],
  },
  ListErasures: {
    method: 'GET',
    path: '/erasures',
    roles: ['admin', 'auditor'],
    summary: 'The erasures of this server in order of time; none says whom it was about.',
    request: { type: 'object', properties: page },
    response: {
      type: 'object',
      properties: {
        erasures: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              certificateId: { type: 'string' },
              state: { type: 'string', enum: ['begun', 'suspended', 'done'] },
              certificate: erasureCertificateSchema,
            },
            required: ['certificateId', 'state'],
          },
        },
        next,
      },
      required: ['erasures'],
    },
    errors: [],
  },
  PlaceLegalHold: {
    method: 'POST',
    path: '/legal-holds',
    roles: ['admin'],
    subject: 'collection',
    summary: 'Proposes to keep a subject or a collection from being erased; another person must approve it.',
    request: {
      type: 'object',
      properties: {
        subject,
        purpose: { ...purpose, description: 'With a subject; every purpose when absent.' },
        collectionId: { ...collectionId, description: 'Instead of a subject: everything in it.' },
        reason: { type: 'string', minLength: 1, maxLength: 1000, description: 'Such as a file number.' },
      },
      required: ['reason'],
    },
    response: dualOutcome,
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
  ReleaseLegalHold: {
    method: 'POST',
    path: '/legal-holds/release',
    roles: ['admin'],
    summary: 'Proposes to end a legal hold; another person must approve it. What it suspended is erased then.',
    request: {
      type: 'object',
      properties: { holdId: { type: 'string', minLength: 1, maxLength: 255 } },
      required: ['holdId'],
    },
    response: dualOutcome,
    errors: ['ResourceNotFoundException'],
  },
  ListLegalHolds: {
    method: 'GET',
    path: '/legal-holds',
    roles: ['admin', 'auditor'],
    summary: 'The legal holds, those that were released too.',
    request: { type: 'object', properties: page },
    response: {
      type: 'object',
      properties: { holds: { type: 'array', items: legalHold }, next },
      required: ['holds'],
    },
    errors: [],
  },
  ListRetention: {
    method: 'GET',
    path: '/retention',
    roles: ['admin', 'auditor'],
    summary: 'What runs out when, by collection.',
    request: { type: 'object', properties: { ...page, after: { ...collectionId, description: 'A collection id.' } } },
    response: {
      type: 'object',
      properties: {
        clock: { type: 'string', enum: ['good', 'paused'], description: 'paused: it jumped, and nothing is erased.' },
        why: { type: 'string' },
        lastSweptAt: moment(''),
        collections: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              collectionId: { type: 'string' },
              purpose: { type: 'string' },
              faces: { type: 'integer' },
              maxDays: { type: 'integer' },
              idleDays: { type: 'integer' },
              endsAt: moment('When the collection as a whole is erased.'),
              oldestFaceEndsAt: moment('When its oldest face is erased at the latest.'),
              facesDueWithin30Days: { type: 'integer', description: '1000 stands for as many or more.' },
              onHold: { type: 'boolean' },
            },
            required: ['collectionId', 'purpose', 'faces', 'maxDays', 'facesDueWithin30Days', 'onHold'],
          },
        },
        next,
      },
      required: ['clock', 'collections'],
    },
    errors: [],
  },
  RunRetentionSweep: {
    method: 'POST',
    path: '/retention/sweep',
    roles: ['admin'],
    summary: 'Erases now what has run out, as the server does every hour.',
    request: {
      type: 'object',
      properties: {
        acceptClock: { type: 'boolean', description: 'Take the clock as it is, after it was found to have jumped.' },
      },
    },
    response: {
      type: 'object',
      properties: {
        at: moment('The time that was judged by.'),
        state: { type: 'string', enum: ['swept', 'paused'] },
        why: { type: 'string' },
        faces: { type: 'integer' },
        users: { type: 'integer' },
        collections: { type: 'integer' },
        subjects: { type: 'integer', description: 'Whose consent had run out.' },
        backups: { type: 'integer', description: 'Files of expired backups.' },
        held: { type: 'integer', description: 'Due, and kept by a legal hold.' },
        failures: { type: 'array', items: { type: 'string' } },
      },
      required: ['at', 'state', 'faces', 'users', 'collections', 'subjects', 'backups', 'held', 'failures'],
    },
    errors: [],
  },
  RunOrphanScan: {
    method: 'POST',
    path: '/erasures/orphans',
    roles: ['auditor', 'admin'],
    summary: 'Looks through everything that is kept for anything of someone who was erased.',
    request: { type: 'object', properties: {} },
    response: {
      type: 'object',
      properties: {
        at: moment(''),
        tombstones: { type: 'integer' },
        looked: { type: 'integer', description: 'Things of people that were looked at.' },
        orphans: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              what: { type: 'string' },
              source: { type: 'string' },
              collectionId: { type: 'string' },
              certificateId: { type: 'string' },
              erasedAt: moment(''),
            },
            required: ['what', 'source'],
          },
        },
        more: { type: 'boolean' },
      },
      required: ['at', 'tombstones', 'looked', 'orphans', 'more'],
    },
    errors: [],
  },
  CreateBackup: {
    method: 'POST',
    path: '/backups',
    roles: ['admin'],
    summary: 'Begins an encrypted backup while the server goes on; ListBackups tells how far it is.',
    request: { type: 'object', properties: {} },
    response: { type: 'object', properties: { backup }, required: ['backup'] },
    errors: ['ConflictException'],
  },
  ListBackups: {
    method: 'GET',
    path: '/backups',
    roles: ['admin', 'auditor'],
    summary: 'The backups that this server made.',
    request: { type: 'object', properties: {} },
    response: {
      type: 'object',
      properties: { backups: { type: 'array', items: backup } },
      required: ['backups'],
    },
    errors: [],
  },
} as const satisfies Record<string, OwnOperationRow>;
