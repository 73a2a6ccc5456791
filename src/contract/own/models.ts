import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const nothing = { type: 'object', properties: {} } as const satisfies ObjectSchema;

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

const pack = {
  type: 'object',
  description: 'An optional pack: what it is, and how it stands on this server.',
  properties: {
    id: { type: 'string' },
    purpose: { type: 'string' },
    state: {
      type: 'string',
      enum: ['installed', 'unprepared', 'unfinished', 'absent', 'damaged', 'not-licensed'],
      description: 'As it lies in the models folder: unprepared ones wait for `likeness models pull`.',
    },
    version: { type: 'string', description: 'Of exactly the files that are installed.' },
    versionInUse: {
      type: 'string',
      description: 'The one that this server started with; absent where it started without the pack.',
    },
    licence: { type: 'string' },
    commercialUse: { type: 'boolean', description: 'Absent where whoever brings the files is to say.' },
    provenance: { type: 'string' },
    measured: { type: 'string', description: 'What is known of its accuracy here.' },
    files: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string' },
          url: { type: 'string', description: 'Its official home; absent where the operator brings it.' },
          sha256: { type: 'string' },
          pinnedBy: { type: 'string', enum: ['release', 'operator'], description: 'Who vouches for the digest.' },
        },
        required: ['path', 'pinnedBy'],
      },
    },
  },
  required: ['id', 'purpose', 'state', 'licence', 'provenance', 'measured', 'files'],
} as const satisfies ObjectSchema;

/** What the models are, and what their similarities mean. */
export const modelsOperations = {
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
    summary: 'The models and optional packs of this server with licence, provenance and digest.',
    request: nothing,
    response: {
      type: 'object',
      properties: { models: { type: 'array', items: model }, packs: { type: 'array', items: pack } },
      required: ['models', 'packs'],
    },
    errors: [],
  },
} as const satisfies Record<string, OwnOperationRow>;
