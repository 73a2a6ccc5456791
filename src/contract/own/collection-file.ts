import type { ObjectSchema } from '../json-schema.ts';

/** What waits for another person. */
export const proposal = {
  proposalId: { type: 'string' },
  digest: { type: 'string', description: 'Of the proposal; who approves sends it back.' },
  expires: { type: 'string', description: 'ISO 8601, UTC.' },
} as const;

/** Whether it may go on. */
export const status = {
  type: 'string',
  enum: ['open', 'pending'],
  description: 'pending: another person must approve it; then call again with the same request.',
} as const;

/** The terms of a passphrase, as the header of a file has them. */
export const passphrase = {
  type: 'object',
  description:
    'How the recipient gets its private key from a passphrase; stands in the file. The passphrase stays with the caller.',
  properties: {
    salt: { type: 'string', minLength: 24, maxLength: 24, description: 'Base64 of 16 bytes.' },
    cost: { type: 'integer', minimum: 16_384, maximum: 1_048_576 },
    blockSize: { type: 'integer', minimum: 1, maximum: 16 },
    parallelization: { type: 'integer', minimum: 1, maximum: 16 },
  },
  required: ['salt', 'cost', 'blockSize', 'parallelization'],
} as const satisfies ObjectSchema;
