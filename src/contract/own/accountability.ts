import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

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
        idleDays: {
          type: 'integer',
          description: 'Days without use after which it is erased; absent where use does not matter.',
        },
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

const hash = { type: 'string', pattern: '[0-9a-f]{64}' } as const;

const head = {
  type: 'object',
  description: 'The last record.',
  properties: { sequence: { type: 'integer', minimum: 1 }, hash },
  required: ['sequence', 'hash'],
} as const satisfies ObjectSchema;

const chainHead = {
  ...head,
  description: 'A place in the chain. Cutting or rewriting the whole log shows only against one noted elsewhere.',
} as const satisfies ObjectSchema;

const signature = {
  type: 'object',
  description: 'Ed25519 over the canonical JSON of the other members; see docs/audit-format.md.',
  properties: {
    algorithm: { type: 'string', enum: ['Ed25519'] },
    keyId: { type: 'string', description: 'The beginning of the SHA-256 of the public key.' },
    value: { type: 'string', description: 'Base64 of 64 bytes.' },
  },
  required: ['algorithm', 'keyId', 'value'],
} as const satisfies ObjectSchema;

const record = {
  type: 'object',
  properties: {
    sequence: { type: 'integer', minimum: 1 },
    body: { type: 'string', description: 'The exact JSON text that was hashed.' },
    previousHash: { ...hash, description: 'Hex SHA-256; 64 zeros for the first record.' },
    hash: { ...hash, description: 'Hex SHA-256 over sequence, previousHash and body.' },
  },
  required: ['sequence', 'body', 'previousHash', 'hash'],
} as const satisfies ObjectSchema;

const checkpoint = {
  type: 'object',
  properties: {
    sequence: { type: 'integer', minimum: 1, description: 'The record that it names.' },
    document: { type: 'string', description: 'The signed JSON text, a line of an export.' },
  },
  required: ['sequence', 'document'],
} as const satisfies ObjectSchema;

/** What the server serves under, and its audit log: read here, verified, or taken elsewhere with what proves it whole. */
export const accountabilityOperations = {
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
        records: { type: 'array', items: record },
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
  GetAuditManifest: {
    method: 'GET',
    path: '/audit/export/manifest',
    roles: ['auditor', 'admin'],
    summary: 'Says under a signature how long the audit log is and which record is its last: the end of an export.',
    request: nothing,
    response: {
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['trailer'] },
        node: { type: 'string', description: 'Whose log it is.' },
        count: { type: 'integer', minimum: 0 },
        first: { type: 'integer', minimum: 1 },
        head,
        checkpoints: { type: 'integer', minimum: 0 },
        lastCheckpoint: {
          type: 'object',
          properties: { sequence: { type: 'integer', minimum: 1 }, digest: hash },
          required: ['sequence', 'digest'],
        },
        exportedAt: { type: 'string', description: 'ISO 8601, UTC.' },
        signature,
      },
      required: ['kind', 'node', 'count', 'first', 'checkpoints', 'exportedAt', 'signature'],
    },
    errors: [],
  },
  ExportAudit: {
    method: 'GET',
    path: '/audit/export',
    roles: ['auditor', 'admin'],
    summary: 'Records as they were sealed, with the signed checkpoints among them. Ask for the manifest first.',
    request: {
      type: 'object',
      properties: {
        after: { type: 'integer', minimum: 0, description: 'The sequence after which to begin; 0 when absent.' },
        limit: { type: 'integer', minimum: 1, maximum: 1000, description: '1000 when absent.' },
      },
    },
    response: {
      type: 'object',
      properties: {
        entries: { type: 'array', items: record },
        checkpoints: { type: 'array', items: checkpoint },
        next: { type: 'integer', description: 'What to send as `after` for more; absent at the end.' },
      },
      required: ['entries', 'checkpoints'],
    },
    errors: [],
  },
  GetPublicKey: {
    method: 'GET',
    path: '/public-key',
    roles: 'any',
    summary: 'The key that verifies what this server signs: checkpoints, exports, receipts, certificates, reports.',
    request: nothing,
    response: {
      type: 'object',
      properties: {
        keyId: { type: 'string', description: 'The beginning of the SHA-256 of the key.' },
        publicKeyPem: { type: 'string', description: 'Ed25519, SPKI in PEM.' },
      },
      required: ['keyId', 'publicKeyPem'],
    },
    errors: [],
  },
} as const satisfies Record<string, OwnOperationRow>;
