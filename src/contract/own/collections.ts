import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const collectionId = { type: 'string', minLength: 1, maxLength: 255, pattern: '[a-zA-Z0-9_.\\-]+' } as const;
const faceModelVersion = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: 'One of the versions of GetCalibration.',
} as const;
const time = { type: 'string', description: 'ISO 8601, UTC.' } as const;

const reembedding = {
  type: 'object',
  description: 'A move to another face model that was begun and is not finished.',
  properties: {
    from: { type: 'string', description: 'The face model that the collection has.' },
    to: { type: 'string', description: 'The one that it moves to.' },
    startedAt: time,
    stagedFaces: { type: 'integer', minimum: 0, description: 'Faces that have a template of the other model.' },
    pendingFaces: { type: 'integer', minimum: 0, description: 'The others.' },
  },
  required: ['from', 'to', 'startedAt', 'stagedFaces', 'pendingFaces'],
} as const satisfies ObjectSchema;

const answer = {
  type: 'object',
  properties: { reembedding },
  required: ['reembedding'],
} as const satisfies ObjectSchema;

/** Moving a collection to another face model, from images that the operator kept. */
export const collectionsOperations = {
  BeginReembedding: {
    method: 'POST',
    path: '/collections/reembedding',
    roles: ['admin', 'enroller'],
    subject: 'collection',
    summary: 'Begins to move a collection to another face model, or goes on with the move that was begun.',
    request: {
      type: 'object',
      properties: { collectionId, faceModelVersion },
      required: ['collectionId', 'faceModelVersion'],
    },
    response: answer,
    errors: ['ConflictException', 'ResourceNotFoundException'],
  },
  GetReembedding: {
    method: 'GET',
    path: '/collections/reembedding',
    roles: ['admin', 'enroller'],
    subject: 'collection',
    summary: 'How far the move of a collection to another face model is.',
    request: { type: 'object', properties: { collectionId }, required: ['collectionId'] },
    response: { type: 'object', properties: { reembedding } },
    errors: ['ResourceNotFoundException'],
  },
  ListPendingReembedding: {
    method: 'GET',
    path: '/collections/reembedding/pending',
    roles: ['admin', 'enroller'],
    subject: 'collection',
    summary: 'The faces that have no template of the other model yet, with the image that each was found in.',
    request: {
      type: 'object',
      properties: {
        collectionId,
        after: { type: 'string', minLength: 1, maxLength: 32, description: 'What the page before gave as `next`.' },
        limit: { type: 'integer', minimum: 1, maximum: 1000, description: '1000 when absent.' },
      },
      required: ['collectionId'],
    },
    response: {
      type: 'object',
      properties: {
        faces: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              faceId: { type: 'string' },
              imageId: { type: 'string', description: 'The same for the same bytes of an image file.' },
              externalImageId: { type: 'string' },
            },
            required: ['faceId', 'imageId'],
          },
        },
        next: { type: 'string', description: 'What to send as `after` for more; absent at the end.' },
      },
      required: ['faces'],
    },
    errors: ['ResourceNotFoundException'],
  },
  ReembedImage: {
    method: 'POST',
    path: '/collections/reembedding/images',
    roles: ['admin', 'enroller'],
    subject: 'collection',
    summary: 'Finds the pending faces of an image in it again, and stages their templates of the other model.',
    request: {
      type: 'object',
      properties: {
        collectionId,
        image: { type: 'string', minLength: 1, description: 'The image file in Base64; or `bucket` and `name`.' },
        bucket: { type: 'string', minLength: 3, maxLength: 255 },
        name: { type: 'string', minLength: 1, maxLength: 1024 },
      },
      required: ['collectionId'],
    },
    response: {
      type: 'object',
      properties: {
        imageId: { type: 'string' },
        staged: { type: 'array', items: { type: 'string' }, description: 'Face ids.' },
        missing: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              faceId: { type: 'string' },
              reason: {
                type: 'string',
                enum: ['not-found-again', 'no-consent', 'erasure-suspended'],
                description:
                  'not-found-again: no face lies where it did. no-consent: its consent has ended. ' +
                  'erasure-suspended: it is to be erased, and a legal hold keeps it as it is.',
              },
            },
            required: ['faceId', 'reason'],
          },
        },
      },
      required: ['imageId', 'staged', 'missing'],
    },
    errors: [
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidS3ObjectException',
      'ResourceNotFoundException',
    ],
  },
  FinishReembedding: {
    method: 'POST',
    path: '/collections/reembedding/finish',
    roles: ['admin', 'enroller'],
    subject: 'collection',
    summary: 'Switches a collection to the other model, all faces at one moment.',
    request: {
      type: 'object',
      properties: {
        collectionId,
        faceModelVersion,
        dropMissing: {
          type: 'integer',
          minimum: 0,
          description: 'Deletes the faces that are pending, when they are exactly so many; 0 when absent.',
        },
      },
      required: ['collectionId', 'faceModelVersion'],
    },
    response: {
      type: 'object',
      properties: {
        faceModelVersion,
        faces: { type: 'integer', minimum: 0 },
        droppedFaceIds: { type: 'array', items: { type: 'string' } },
      },
      required: ['faceModelVersion', 'faces', 'droppedFaceIds'],
    },
    errors: ['ConflictException', 'ResourceNotFoundException', 'ResourceNotReadyException'],
  },
  CancelReembedding: {
    method: 'POST',
    path: '/collections/reembedding/cancel',
    roles: ['admin', 'enroller'],
    subject: 'collection',
    summary: 'Gives a move up and overwrites what was staged; the collection stays as it is.',
    request: { type: 'object', properties: { collectionId }, required: ['collectionId'] },
    response: {
      type: 'object',
      properties: { cancelled: { type: 'boolean', description: 'False where none was under way.' } },
      required: ['cancelled'],
    },
    errors: ['ResourceNotFoundException'],
  },
} as const satisfies Record<string, OwnOperationRow>;
