import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const nothing = { type: 'object', properties: {} } as const satisfies ObjectSchema;
const masterKeyId = { type: 'string', description: 'Tells two master keys apart and nothing more.' } as const;

/** The master key, under which every other key is kept. */
export const encryptionOperations = {
  GetEncryption: {
    method: 'GET',
    path: '/encryption',
    roles: ['admin', 'auditor'],
    summary: 'Which master key the server uses, by its id, and where that comes from.',
    request: nothing,
    response: {
      type: 'object',
      properties: { masterKeyId, source: { type: 'string', enum: ['file', 'environment', 'command'] } },
      required: ['masterKeyId', 'source'],
    },
    errors: [],
  },
  RotateMasterKey: {
    method: 'POST',
    path: '/encryption/rotate-master-key',
    roles: ['admin'],
    summary: 'Wraps every key of the server under a new master key, while it serves.',
    request: nothing,
    response: {
      type: 'object',
      properties: {
        masterKeyId,
        previousMasterKeyId: { type: 'string', description: 'Backups made before still need this one.' },
      },
      required: ['masterKeyId', 'previousMasterKeyId'],
    },
    errors: ['ResourceNotReadyException'],
  },
} as const satisfies Record<string, OwnOperationRow>;
