import type { ObjectSchema } from '../json-schema.ts';
import { passphrase, proposal, status } from './collection-file.ts';
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

const importId = { type: 'string', minLength: 1, maxLength: 64 } as const;
const base64 = { type: 'string', minLength: 1 } as const;
/** Moving a collection to another face model, from images that the operator kept; and to another server, as a file. */
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
  BeginExport: {
    method: 'POST',
    path: '/collections/export',
    roles: ['admin'],
    subject: 'collection',
    summary:
      'Begins to export a collection as an encrypted file, or goes on with the export that was begun; takes two persons.',
    request: {
      type: 'object',
      properties: {
        collectionId,
        recipient: {
          ...base64,
          maxLength: 64,
          description: 'Base64 of the X25519 public key that it is encrypted for.',
        },
        passphrase,
      },
      required: ['collectionId', 'recipient'],
    },
    response: {
      type: 'object',
      properties: {
        status,
        ...proposal,
        exportId: { type: 'string' },
        header: {
          type: 'string',
          description: 'What stands at the beginning of the file, JSON; docs/collection-export.md.',
        },
      },
      required: ['status'],
    },
    errors: ['ResourceNotFoundException'],
  },
  ReadExport: {
    method: 'POST',
    path: '/collections/export/frames',
    roles: ['admin'],
    subject: 'collection',
    summary: "The next frame of a collection's export, sealed before it leaves the server.",
    request: {
      type: 'object',
      properties: {
        collectionId,
        exportId: { type: 'string', minLength: 1, maxLength: 64 },
        after: {
          type: 'string',
          minLength: 1,
          maxLength: 16_384,
          description: 'The head of the frame before, as it stands in the file; absent for the first.',
        },
      },
      required: ['collectionId', 'exportId'],
    },
    response: {
      type: 'object',
      properties: {
        frame: { type: 'string', description: 'Base64 of the frame as it stands in the file.' },
        isLast: { type: 'boolean' },
        facesInFrame: { type: 'integer', minimum: 0 },
        faces: { type: 'integer', minimum: 0, description: 'That the collection holds now.' },
      },
      required: ['frame', 'isLast', 'facesInFrame', 'faces'],
    },
    errors: ['ConflictException', 'ResourceNotFoundException'],
  },
  BeginImport: {
    method: 'POST',
    path: '/collections/import',
    roles: ['admin'],
    subject: 'collection',
    summary:
      'Begins to import a file into an empty collection, or goes on with the import that was begun; takes two persons.',
    request: {
      type: 'object',
      properties: {
        collectionId,
        header: { type: 'string', minLength: 1, maxLength: 16_384, description: 'As it stands in the file.' },
        end: { type: 'string', minLength: 1, maxLength: 16_384, description: 'The head of the last frame.' },
      },
      required: ['collectionId', 'header', 'end'],
    },
    response: {
      type: 'object',
      properties: {
        status,
        ...proposal,
        importId,
        publicKey: {
          type: 'string',
          description:
            "Base64 of an X25519 public key of this import alone: the file's key is sent in a sealed box for it.",
        },
        sourceKeyId: { type: 'string', description: 'Names the key of the server that made the file.' },
      },
      required: ['status', 'sourceKeyId'],
    },
    errors: ['ConflictException', 'ResourceNotFoundException'],
  },
  WriteImport: {
    method: 'POST',
    path: '/collections/import/frames',
    roles: ['admin'],
    subject: 'collection',
    summary: 'Writes one frame of a file; sent again it stores nothing twice.',
    request: {
      type: 'object',
      properties: {
        collectionId,
        importId,
        sealedKey: {
          ...base64,
          maxLength: 256,
          description: "Base64: the file's key, in a sealed box for this import.",
        },
        frames: {
          type: 'array',
          items: base64,
          description: 'Base64 of a frame; with one of faces, the frames of the roll that reach over it.',
        },
      },
      required: ['collectionId', 'importId', 'sealedKey', 'frames'],
    },
    response: {
      type: 'object',
      properties: {
        part: { type: 'string' },
        stored: { type: 'integer', minimum: 0 },
        standing: { type: 'integer', minimum: 0, description: 'Those that stood here already.' },
        gone: { type: 'integer', minimum: 0, description: 'Deleted at the other server before the file was ended.' },
        left: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              reason: { type: 'string', enum: ['gone', 'erased', 'erasure-suspended', 'no-consent', 'unlike'] },
              count: { type: 'integer', minimum: 1 },
            },
            required: ['reason', 'count'],
          },
        },
        leftDigest: { type: 'string', description: 'Hex: the digest of the faces that were left out.' },
        consents: {
          type: 'array',
          description: 'Consents that were recorded here; each person needs the new token, which is told here, once.',
          items: {
            type: 'object',
            properties: { subject: { type: 'string' }, receiptId: { type: 'string' }, token: { type: 'string' } },
            required: ['subject', 'receiptId', 'token'],
          },
        },
      },
      required: ['part', 'stored', 'standing', 'left', 'leftDigest'],
    },
    errors: [
      'ConflictException',
      'ResourceNotFoundException',
      'ResourceNotReadyException',
      'ServiceQuotaExceededException',
    ],
  },
  CheckImport: {
    method: 'POST',
    path: '/collections/import/check',
    roles: ['admin'],
    subject: 'collection',
    summary: 'Counts and digests of what stands in the collection, to be held against the file.',
    request: {
      type: 'object',
      properties: { collectionId, importId, after: { type: 'string', minLength: 1, maxLength: 32 } },
      required: ['collectionId', 'importId'],
    },
    response: {
      type: 'object',
      properties: {
        faces: { type: 'integer', minimum: 0 },
        facesOfUsers: { type: 'integer', minimum: 0 },
        digest: { type: 'string', description: 'Hex; docs/collection-export.md says of what.' },
        next: { type: 'string', description: 'What to send as `after` for the rest, to be added to this.' },
      },
      required: ['faces', 'facesOfUsers', 'digest'],
    },
    errors: ['ResourceNotFoundException'],
  },
  FinishImport: {
    method: 'POST',
    path: '/collections/import/end',
    roles: ['admin'],
    subject: 'collection',
    summary: 'Ends an import: nothing more is written under its approval.',
    request: { type: 'object', properties: { collectionId, importId }, required: ['collectionId', 'importId'] },
    response: { type: 'object', properties: {} },
    errors: ['ResourceNotFoundException'],
  },
} as const satisfies Record<string, OwnOperationRow>;
