import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const image = {
  type: 'object',
  description: 'Exactly one member: the file, an object in a bucket, or the digest of a file that was sent before.',
  properties: {
    bytes: { type: 'string', minLength: 1, description: 'The image file in Base64.' },
    s3Object: {
      type: 'object',
      properties: {
        bucket: { type: 'string', minLength: 3, maxLength: 255 },
        name: { type: 'string', minLength: 1, maxLength: 1024 },
        version: { type: 'string', minLength: 1, maxLength: 1024 },
      },
      required: ['bucket', 'name'],
    },
    sha256: {
      type: 'string',
      pattern: '[0-9a-f]{64}',
      description: 'Of a file that this person sent under this purpose within the hour. The server keeps no image.',
    },
  },
} as const satisfies ObjectSchema;

/** What looks alike: whole pictures, never persons. */
export const similarOperations = {
  RankSimilarImages: {
    method: 'POST',
    path: '/similar-images',
    roles: ['searcher', 'enroller', 'evaluator'],
    summary:
      'Ranks images by how much they look like another, or how surely they show a label. Faces are made unrecognisable before an image is looked at.',
    request: {
      type: 'object',
      properties: {
        like: image,
        concept: {
          type: 'string',
          minLength: 1,
          maxLength: 255,
          description: 'Instead of `like`: a name or alias of the label table, such as `Dog`.',
        },
        candidates: {
          type: 'array',
          items: image,
          description: '1 to 1000, of which at most 50 are files or objects.',
        },
        minSimilarity: {
          type: 'number',
          minimum: 0,
          maximum: 100,
          description: 'Leaves out what is less. 0 when absent.',
        },
      },
      required: ['candidates'],
    },
    response: {
      type: 'object',
      properties: {
        version: { type: 'string', description: 'Which nets looked; only similarities of one version compare.' },
        ranking: {
          type: 'array',
          description: 'Most similar first.',
          items: {
            type: 'object',
            properties: {
              candidate: { type: 'integer', minimum: 0, description: 'Its place in the request, from 0.' },
              sha256: { type: 'string' },
              similarity: {
                type: 'number',
                minimum: 0,
                maximum: 100,
                description:
                  'With `like`: 100 the same picture; what other values mean is measured in docs/similar.md. With `concept`: how sure the label is.',
              },
            },
            required: ['candidate', 'sha256', 'similarity'],
          },
        },
        notHeld: {
          type: 'array',
          items: { type: 'integer', minimum: 0 },
          description: 'Candidates named by a digest that the server does not hold (any more): send the image.',
        },
        failed: {
          type: 'array',
          description:
            'Candidates that could not be looked at, with the error that they would be as a request of their own.',
          items: {
            type: 'object',
            properties: {
              candidate: { type: 'integer', minimum: 0 },
              code: { type: 'string' },
              message: { type: 'string' },
            },
            required: ['candidate', 'code', 'message'],
          },
        },
      },
      required: ['version', 'ranking', 'notHeld', 'failed'],
    },
    errors: [
      'AccessDeniedException',
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidParameterException',
      'InvalidS3ObjectException',
      'ResourceNotFoundException',
      'ThrottlingException',
    ],
  },
} as const satisfies Record<string, OwnOperationRow>;
