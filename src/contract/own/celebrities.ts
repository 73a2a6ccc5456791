import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const time = { type: 'string', description: 'ISO 8601, UTC.' } as const;
const celebrityId = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  pattern: '[0-9A-Za-z]+',
  description: 'The Id of RecognizeCelebrities; the ExternalImageId or UserId of their faces in the gallery.',
} as const;
const name = { type: 'string', minLength: 1, maxLength: 255, description: 'As it is to be told.' } as const;
const wikidata = { type: 'string', pattern: 'Q[1-9][0-9]{0,14}', description: 'Such as Q42.' } as const;
const knownGender = {
  type: 'string',
  enum: ['Male', 'Female', 'Nonbinary', 'Unlisted'],
  description: 'As the operator knows it of the person; never read off a face.',
} as const;
const urls = {
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: 2_048 },
  description: 'At most 254; the page of the Wikidata id is told beside them.',
} as const;
const page = {
  after: { type: 'string', minLength: 1, maxLength: 64, description: 'What the page before gave as `next`.' },
  limit: { type: 'integer', minimum: 1, maximum: 200, description: '50 when absent.' },
} as const;
const next = { type: 'string', description: 'What to send as `after` for more; absent at the end.' } as const;
const reason = { type: 'string', minLength: 1, maxLength: 1_000 } as const;

const celebrity = {
  type: 'object',
  properties: {
    celebrityId: { type: 'string' },
    name: { type: 'string' },
    wikidata: { type: 'string' },
    urls: { type: 'array', items: { type: 'string' } },
    knownGender: { type: 'string', enum: knownGender.enum },
    faces: {
      type: 'integer',
      minimum: 0,
      description: 'Photos of them in the gallery; without one they are not told.',
    },
    storedAt: time,
    isOptedOut: { type: 'boolean', description: 'True: on the opt-out list, and told to nobody.' },
  },
  required: ['celebrityId', 'name', 'urls', 'faces', 'storedAt', 'isOptedOut'],
} as const satisfies ObjectSchema;

const optOut = {
  type: 'object',
  properties: {
    optOutId: { type: 'string' },
    name: { type: 'string' },
    wikidata: { type: 'string' },
    celebrityIds: { type: 'array', items: { type: 'string' }, description: 'Under which they were in the gallery.' },
    person: { type: 'string', description: 'Who recorded it.' },
    reason: { type: 'string' },
    recordedAt: time,
  },
  required: ['optOutId', 'celebrityIds', 'person', 'recordedAt'],
} as const satisfies ObjectSchema;

/** The gallery of public figures that RecognizeCelebrities searches, and who asked not to be in it. */
export const celebritiesOperations = {
  PutCelebrity: {
    method: 'POST',
    path: '/celebrities',
    roles: ['enroller', 'admin'],
    subject: 'gallery',
    summary:
      'Records a public figure, or changes what is recorded: of the one with this id, else this Wikidata id, else this name.',
    request: {
      type: 'object',
      properties: { celebrityId, name, wikidata, urls, knownGender },
      required: ['name'],
    },
    response: {
      type: 'object',
      properties: { celebrity, created: { type: 'boolean' } },
      required: ['celebrity', 'created'],
    },
    errors: ['AccessDeniedException', 'ConflictException', 'InvalidParameterException'],
  },
  AddCelebrityPhoto: {
    method: 'POST',
    path: '/celebrities/photos',
    roles: ['enroller'],
    subject: 'gallery',
    summary: 'Enrols the largest face of a photo as that of a recorded public figure, when it fits.',
    request: {
      type: 'object',
      properties: {
        celebrityId,
        image: { type: 'string', minLength: 1, description: 'The image file in Base64.' },
        isConfirmed: {
          type: 'boolean',
          description: 'A person has looked: it is taken also where it is unlike their others, or like another.',
        },
      },
      required: ['celebrityId', 'image'],
    },
    response: {
      type: 'object',
      properties: {
        outcome: {
          type: 'string',
          enum: ['stored', 'known', 'no-face', 'poor-quality', 'unlike', 'like-another'],
          description:
            'known: it was there already. unlike: it does not reach the floor against any of their photos. ' +
            "like-another: it reaches it against another person's. Only the first two are in the gallery.",
        },
        faceId: { type: 'string' },
        faces: { type: 'integer', minimum: 0, description: 'How many were in the photo.' },
        reasons: { type: 'array', items: { type: 'string' }, description: 'What was poor, as IndexFaces says it.' },
      },
      required: ['outcome', 'faces'],
    },
    errors: [
      'AccessDeniedException',
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidParameterException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
    ],
  },
  ListCelebrities: {
    method: 'GET',
    path: '/celebrities',
    roles: ['admin', 'enroller'],
    subject: 'gallery',
    summary: 'The public figures of the gallery, in the order of their ids.',
    request: { type: 'object', properties: page },
    response: {
      type: 'object',
      properties: { celebrities: { type: 'array', items: celebrity }, next },
      required: ['celebrities'],
    },
    errors: ['InvalidParameterException'],
  },
  DescribeCelebrity: {
    method: 'GET',
    path: '/celebrities/one',
    roles: ['admin', 'enroller'],
    subject: 'gallery',
    summary: 'One of them, with the faces that they are recognised by.',
    request: { type: 'object', properties: { celebrityId }, required: ['celebrityId'] },
    response: {
      type: 'object',
      properties: { celebrity, faceIds: { type: 'array', items: { type: 'string' } } },
      required: ['celebrity', 'faceIds'],
    },
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
  RemoveCelebrity: {
    method: 'POST',
    path: '/celebrities/removal',
    roles: ['admin', 'enroller'],
    subject: 'gallery',
    summary:
      'Erases a public figure from the gallery, with photos and what is recorded, so that no backup brings them back.',
    request: { type: 'object', properties: { celebrityId }, required: ['celebrityId'] },
    response: {
      type: 'object',
      properties: {
        celebrityId: { type: 'string' },
        certificateId: { type: 'string' },
        isSuspended: {
          type: 'boolean',
          description: 'True: a legal hold keeps them; they are told to nobody, and erased when it ends.',
        },
      },
      required: ['celebrityId', 'certificateId', 'isSuspended'],
    },
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
  AddCelebrityOptOut: {
    method: 'POST',
    path: '/celebrities/opt-outs',
    roles: ['admin', 'enroller'],
    subject: 'gallery-if-any',
    summary:
      'Records that a person does not want to be recognised: erased from the gallery, never told, never taken again.',
    request: {
      type: 'object',
      properties: { name, wikidata, celebrityId, reason },
    },
    response: {
      type: 'object',
      properties: {
        optOut,
        removed: { type: 'integer', minimum: 0, description: 'Public figures who were erased from the gallery.' },
        suspended: { type: 'integer', minimum: 0, description: 'Those whom a legal hold keeps, told to nobody.' },
      },
      required: ['optOut', 'removed', 'suspended'],
    },
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
  ListCelebrityOptOuts: {
    method: 'GET',
    path: '/celebrities/opt-outs',
    roles: ['admin', 'auditor', 'enroller'],
    subject: 'gallery-if-any',
    summary: 'Who asked not to be recognised, in the order in which it was recorded.',
    request: { type: 'object', properties: page },
    response: {
      type: 'object',
      properties: { optOuts: { type: 'array', items: optOut }, next },
      required: ['optOuts'],
    },
    errors: [],
  },
  RemoveCelebrityOptOut: {
    method: 'POST',
    path: '/celebrities/opt-outs/removal',
    roles: ['admin'],
    subject: 'gallery-if-any',
    summary: 'Takes a person off the opt-out list, at their wish; brings nobody back into the gallery.',
    request: {
      type: 'object',
      properties: { optOutId: { type: 'string', minLength: 1, maxLength: 64 }, reason },
      required: ['optOutId', 'reason'],
    },
    response: { type: 'object', properties: { optOutId: { type: 'string' } }, required: ['optOutId'] },
    errors: ['ResourceNotFoundException'],
  },
} as const satisfies Record<string, OwnOperationRow>;
