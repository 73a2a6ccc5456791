import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const source = {
  type: 'object',
  description: 'What one source of labels can return, as it is installed.',
  properties: {
    source: { type: 'string', description: 'Such as nanodet; part of LabelModelVersion.' },
    version: { type: 'string' },
    operation: { type: 'string', enum: ['DetectLabels', 'DetectModerationLabels'] },
    labels: {
      type: 'array',
      items: { type: 'string' },
      description: 'Sorted; DetectLabels adds the ancestors that the label table has.',
    },
    notCovered: { type: 'string', description: 'What it cannot tell.' },
  },
  required: ['source', 'version', 'operation', 'labels', 'notCovered'],
} as const satisfies ObjectSchema;

/** What labels there are. */
export const labelsOperations = {
  ListLabels: {
    method: 'GET',
    path: '/labels',
    roles: 'any',
    summary: 'The labels that the installed models can return, by source.',
    request: { type: 'object', properties: {} },
    response: {
      type: 'object',
      properties: { sources: { type: 'array', items: source } },
      required: ['sources'],
    },
    errors: [],
  },
} as const satisfies Record<string, OwnOperationRow>;
