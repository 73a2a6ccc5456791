import type { FromSchema, ObjectSchema } from './json-schema.ts';
import { auditOperations } from './own/audit.ts';
import { consentOperations } from './own/consent.ts';
import { encryptionOperations } from './own/encryption.ts';
import { peopleOperations } from './own/people.ts';
import { reportsOperations } from './own/reports.ts';
import { retentionOperations } from './own/retention.ts';
import { reviewOperations } from './own/review.ts';
import type { OwnOperationRow } from './own/row.ts';
import { subjectsOperations } from './own/subjects.ts';

export type { OwnOperationRow } from './own/row.ts';

/** Where Likeness' own operations stand. */
export const ownPathPrefix = '/likeness/v1';

const nothing = { type: 'object', properties: {} } as const satisfies ObjectSchema;

const purpose = {
  type: 'object',
  description: 'One purpose that a collection can be made for, and what its use is bound to.',
  properties: {
    name: { type: 'string' },
    for: { type: 'string', description: 'What it is for, in a sentence.' },
    consent: { type: 'string', enum: ['none', 'required', 'guardian-or-legal-basis', 'data-set-licence'] },
    similarityFloor: { type: 'number', minimum: 0, maximum: 100, description: 'No match below it is ever answered.' },
    review: { type: 'string', enum: ['none', 'two-reviewers'] },
    liveStreams: { type: 'string', enum: ['none', 'consenting-subjects'] },
    attributes: {
      type: 'object',
      properties: {
        emotions: { type: 'string', enum: ['never', 'operator-option', 'allowed'] },
        gender: { type: 'string', enum: ['never', 'operator-option', 'allowed'] },
      },
      required: ['emotions', 'gender'],
    },
    retention: {
      type: 'object',
      properties: {
        maxDays: { type: 'integer', description: 'Days after which everything is erased.' },
        idleDays: { type: 'integer', description: 'Days without use after which it is erased; absent: any.' },
        clock: { type: 'string', enum: ['face', 'collection'], description: 'What the days are counted for.' },
      },
      required: ['maxDays', 'clock'],
    },
    budget: {
      type: 'object',
      description: 'How much may be searched; absent: not bounded.',
      properties: {
        searchesPerHour: { type: 'integer', description: 'By one person, with all their keys together.' },
        repeatsOfOneProbePerHour: { type: 'integer', description: 'For one face.' },
        differentProbesPerTenMinutes: { type: 'integer', description: 'For different faces.' },
      },
      required: ['searchesPerHour', 'repeatsOfOneProbePerHour', 'differentProbesPerTenMinutes'],
    },
  },
  required: ['name', 'for', 'consent', 'similarityFloor', 'review', 'liveStreams', 'attributes', 'retention'],
} as const satisfies ObjectSchema;

const calibration = {
  type: 'object',
  description: 'What a similarity of one face model means.',
  properties: {
    faceModelVersion: { type: 'string' },
    fittedOn: { type: 'string', description: 'The data set, and how people were kept apart.' },
    points: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          similarity: { type: 'number', minimum: 0, maximum: 100 },
          falseMatchRate: { type: 'number', minimum: 0, maximum: 1, description: 'Of pairs of different people.' },
          trueMatchRate: { type: 'number', minimum: 0, maximum: 1, description: 'Of pairs of one person.' },
          extrapolated: { type: 'boolean', description: 'Beyond what the pairs bear with 30 errors.' },
        },
        required: ['similarity', 'falseMatchRate', 'extrapolated'],
      },
    },
    doesNotCover: { type: 'array', items: { type: 'string' } },
  },
  required: ['faceModelVersion', 'fittedOn', 'points', 'doesNotCover'],
} as const satisfies ObjectSchema;

const model = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    purpose: { type: 'string' },
    package: { type: 'string', description: 'The npm package and version it is fetched from.' },
    sha256: { type: 'string', description: 'Of the compiled model.' },
    licence: { type: 'string' },
    commercialUse: {
      type: 'boolean',
      description: 'Whether the licence allows it; others are refused in a commercial deployment.',
    },
    provenance: { type: 'string' },
    state: { type: 'string', enum: ['loaded', 'present', 'absent', 'damaged', 'not-licensed'] },
  },
  required: ['id', 'purpose', 'package', 'sha256', 'licence', 'commercialUse', 'provenance', 'state'],
} as const satisfies ObjectSchema;

const auditRecord = {
  type: 'object',
  properties: {
    sequence: { type: 'integer', minimum: 1 },
    body: { type: 'string', description: 'The exact JSON text that was hashed.' },
    previousHash: { type: 'string', description: 'Hex SHA-256; 64 zeros for the first record.' },
    hash: { type: 'string', description: 'Hex SHA-256 over sequence, previousHash and body.' },
  },
  required: ['sequence', 'body', 'previousHash', 'hash'],
} as const satisfies ObjectSchema;

const chainHead = {
  type: 'object',
  description: 'A place in the chain. Cutting or rewriting the whole log shows only against one noted elsewhere.',
  properties: {
    sequence: { type: 'integer', minimum: 1 },
    hash: { type: 'string', pattern: '[0-9a-f]{64}' },
  },
  required: ['sequence', 'hash'],
} as const satisfies ObjectSchema;

/** Likeness' additions to the API, in the order of the documentation. The server's settings are not among them. */
export const ownOperations = {
  GetPolicy: {
    method: 'GET',
    path: '/policy',
    roles: 'any',
    summary: 'The purposes that this server serves under, and what it refuses.',
    request: nothing,
    response: {
      type: 'object',
      properties: {
        version: { type: 'string' },
        digest: { type: 'string', description: 'Hex SHA-256 of the policy; every decision names it.' },
        defaultPurpose: { type: 'string', description: 'The purpose of a collection that is made without the tag.' },
        purposes: { type: 'array', items: purpose },
        refused: {
          type: 'array',
          items: {
            type: 'object',
            properties: { id: { type: 'string' }, rule: { type: 'string' }, readAt: { type: 'string' } },
            required: ['id', 'rule', 'readAt'],
          },
        },
      },
      required: ['version', 'digest', 'purposes', 'refused'],
    },
    errors: [],
  },
  GetCalibration: {
    method: 'GET',
    path: '/calibration',
    roles: 'any',
    summary: 'The false-match rate behind each similarity, per face model.',
    request: {
      type: 'object',
      properties: { faceModelVersion: { type: 'string', minLength: 1, maxLength: 255 } },
    },
    response: {
      type: 'object',
      properties: { calibrations: { type: 'array', items: calibration } },
      required: ['calibrations'],
    },
    errors: ['ResourceNotFoundException'],
  },
  ListModels: {
    method: 'GET',
    path: '/models',
    roles: 'any',
    summary: 'The models of this server with licence, provenance and digest.',
    request: nothing,
    response: {
      type: 'object',
      properties: { models: { type: 'array', items: model } },
      required: ['models'],
    },
    errors: [],
  },
  ListAuditRecords: {
    method: 'GET',
    path: '/audit/records',
    roles: ['auditor', 'admin'],
    summary: 'Records of the audit log in order of their sequence.',
    request: {
      type: 'object',
      properties: {
        after: { type: 'integer', minimum: 0, description: 'The sequence after which to begin; 0 when absent.' },
        limit: { type: 'integer', minimum: 1, maximum: 1000, description: '100 when absent.' },
      },
    },
    response: {
      type: 'object',
      properties: {
        records: { type: 'array', items: auditRecord },
        next: { type: 'integer', description: 'What to send as `after` for more; absent at the end.' },
      },
      required: ['records'],
    },
    errors: [],
  },
  VerifyAudit: {
    method: 'POST',
    path: '/audit/verification',
    roles: ['auditor', 'admin'],
    summary: 'Reads the whole audit log and says whether a record was changed, dropped or moved.',
    request: {
      type: 'object',
      properties: { expectedHead: chainHead },
    },
    response: {
      type: 'object',
      properties: {
        intact: { type: 'boolean' },
        entries: { type: 'integer', minimum: 0, description: 'Good records, up to the first fault.' },
        head: chainHead,
        sequence: { type: 'integer', description: 'Where the first fault is; only when not intact.' },
        reason: { type: 'string', enum: ['changed', 'missing', 'inserted', 'reordered', 'truncated'] },
        detail: { type: 'string', description: 'The fault in a sentence.' },
      },
      required: ['intact', 'entries'],
    },
    errors: [],
  },
  ...auditOperations,
  ...peopleOperations,
  ...consentOperations,
  ...encryptionOperations,
  ...retentionOperations,
  ...reviewOperations,
  ...subjectsOperations,
  ...reportsOperations,
} as const satisfies Record<string, OwnOperationRow>;

/** The name of one of Likeness' own operations. */
export type OwnOperationName = keyof typeof ownOperations;

/** The request of one of Likeness' own operations, validated. */
export type OwnRequestOf<Name extends OwnOperationName> = FromSchema<(typeof ownOperations)[Name]['request']>;

/** The response of one of Likeness' own operations. */
export type OwnResponseOf<Name extends OwnOperationName> = FromSchema<(typeof ownOperations)[Name]['response']>;
