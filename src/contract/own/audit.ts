import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const hash = { type: 'string', pattern: '[0-9a-f]{64}' } as const;

const head = {
  type: 'object',
  description: 'The last record.',
  properties: { sequence: { type: 'integer', minimum: 1 }, hash },
  required: ['sequence', 'hash'],
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

const entry = {
  type: 'object',
  properties: {
    sequence: { type: 'integer', minimum: 1 },
    body: { type: 'string', description: 'The exact JSON text that was hashed.' },
    previousHash: hash,
    hash,
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

/** Taking the audit log elsewhere, with what proves that it is whole. */
export const auditOperations = {
  GetAuditManifest: {
    method: 'GET',
    path: '/audit/export/manifest',
    roles: ['auditor', 'admin'],
    summary: 'Says under a signature how long the audit log is and which record is its last: the end of an export.',
    request: { type: 'object', properties: {} },
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
        entries: { type: 'array', items: entry },
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
    request: { type: 'object', properties: {} },
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
