import { roleNames } from '../../shared/role-names.ts';
import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const nothing = { type: 'object', properties: {} } as const satisfies ObjectSchema;
const name = { type: 'string', minLength: 1, maxLength: 64 } as const;
const roles = { type: 'array', items: { type: 'string', enum: roleNames } } as const;
const names = { type: 'array', items: { type: 'string', minLength: 1, maxLength: 255 } } as const;

/** What became of something that takes two persons. */
const outcome = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['done', 'pending'], description: 'pending: another person must approve it.' },
    result: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'What was done; only when it is.',
    },
    proposalId: { type: 'string' },
    digest: { type: 'string', description: 'Hex SHA-256 of the proposal; who approves sends it back.' },
    expires: { type: 'string', description: 'ISO 8601; afterwards it must be proposed anew.' },
  },
  required: ['status'],
} as const satisfies ObjectSchema;

const proposal = {
  type: 'object',
  properties: {
    proposalId: { type: 'string' },
    action: { type: 'string' },
    parameters: { type: 'string', description: 'As JSON: what runs when it is approved.' },
    digest: { type: 'string' },
    proposedBy: { type: 'string' },
    at: { type: 'string' },
    expires: { type: 'string' },
    state: { type: 'string', enum: ['pending', 'approved', 'executed', 'failed', 'rejected', 'expired'] },
    decidedBy: { type: 'string' },
  },
  required: ['proposalId', 'action', 'parameters', 'digest', 'proposedBy', 'at', 'expires', 'state'],
} as const satisfies ObjectSchema;

/** Persons, roles, keys and what two persons must do together. */
export const peopleOperations = {
  WhoAmI: {
    method: 'GET',
    path: '/people/me',
    roles: 'any',
    summary: 'The person that the calling key belongs to, with their roles.',
    request: nothing,
    response: {
      type: 'object',
      properties: { person: { type: 'string' }, roles, accessKeyId: { type: 'string' } },
      required: ['person', 'roles', 'accessKeyId'],
    },
    errors: [],
  },
  ListPersons: {
    method: 'GET',
    path: '/people',
    roles: 'any',
    summary: 'The persons who work with this server, and who did.',
    request: nothing,
    response: {
      type: 'object',
      properties: {
        persons: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              roles,
              added: { type: 'string' },
              addedBy: { type: 'array', items: { type: 'string' } },
              active: { type: 'boolean', description: 'False for one who was removed.' },
            },
            required: ['name', 'roles', 'added', 'addedBy', 'active'],
          },
        },
      },
      required: ['persons'],
    },
    errors: [],
  },
  AddPerson: {
    method: 'POST',
    path: '/people',
    roles: ['admin'],
    summary: 'Adds a person; takes a second person once there are two.',
    request: { type: 'object', properties: { name, roles }, required: ['name', 'roles'] },
    response: outcome,
    errors: ['ResourceAlreadyExistsException'],
  },
  ChangeRoles: {
    method: 'POST',
    path: '/people/roles',
    roles: ['admin'],
    summary: "Replaces a person's roles; takes a second person once there are two.",
    request: { type: 'object', properties: { name, roles }, required: ['name', 'roles'] },
    response: outcome,
    errors: ['ResourceNotFoundException', 'ConflictException'],
  },
  RemovePerson: {
    method: 'POST',
    path: '/people/removal',
    roles: ['admin'],
    summary: 'Removes a person and revokes their keys; takes a second person once there are two.',
    request: { type: 'object', properties: { name }, required: ['name'] },
    response: outcome,
    errors: ['ResourceNotFoundException', 'ConflictException'],
  },
  CreateKey: {
    method: 'POST',
    path: '/keys',
    roles: 'any',
    summary: 'Makes an access key that may do no more than the calling one; for another person it takes two.',
    request: {
      type: 'object',
      properties: {
        person: { ...name, description: 'Whom it belongs to; who calls, when absent. For others: admins.' },
        operations: { ...names, description: 'As the calling key, when absent.' },
        collections: { ...names, description: 'As the calling key, when absent.' },
        purposes: {
          ...names,
          description: "The first is that of calls without a collection; the calling key's first, when absent.",
        },
        expiresInSeconds: { type: 'integer', minimum: 1, maximum: 31_536_000, description: 'Makes a temporary key.' },
      },
    },
    response: outcome,
    errors: ['ResourceNotFoundException'],
  },
  ListKeys: {
    method: 'GET',
    path: '/keys',
    roles: 'any',
    summary: 'Access keys without their secrets: an admin sees all, everyone else their own.',
    request: nothing,
    response: {
      type: 'object',
      properties: {
        keys: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              accessKeyId: { type: 'string' },
              person: { type: 'string' },
              state: { type: 'string', enum: ['serving', 'expired', 'revoked'] },
              operations: { ...names, description: 'Absent: all.' },
              collections: { ...names, description: 'Absent: all.' },
              purposes: names,
              created: { type: 'string' },
              expires: { type: 'string' },
            },
            required: ['accessKeyId', 'person', 'state', 'purposes', 'created'],
          },
        },
      },
      required: ['keys'],
    },
    errors: [],
  },
  RevokeKey: {
    method: 'POST',
    path: '/keys/revocation',
    roles: 'any',
    summary: "Revokes a key at once: one's own, or as an admin anybody's.",
    request: {
      type: 'object',
      properties: { accessKeyId: { type: 'string', minLength: 1, maxLength: 128 } },
      required: ['accessKeyId'],
    },
    response: nothing,
    errors: ['ResourceNotFoundException'],
  },
  ListProposals: {
    method: 'GET',
    path: '/proposals',
    roles: 'any',
    summary: 'What was proposed by the caller, or waits for somebody like them, newest first.',
    request: {
      type: 'object',
      properties: { state: { type: 'string', enum: ['pending', 'all'], description: 'pending when absent.' } },
    },
    response: {
      type: 'object',
      properties: { proposals: { type: 'array', items: proposal } },
      required: ['proposals'],
    },
    errors: [],
  },
  ApproveProposal: {
    method: 'POST',
    path: '/proposals/approval',
    roles: 'any',
    summary: 'Approves what another person proposed, and runs it.',
    request: {
      type: 'object',
      properties: {
        proposalId: { type: 'string', minLength: 1, maxLength: 128 },
        digest: { type: 'string', pattern: '[0-9a-f]{64}', description: 'Of the proposal as it was read.' },
      },
      required: ['proposalId', 'digest'],
    },
    response: {
      type: 'object',
      properties: {
        proposal,
        result: {
          type: 'object',
          additionalProperties: { type: 'string' },
          description: 'A new key is told here, once: hand it to its person.',
        },
      },
      required: ['proposal', 'result'],
    },
    errors: ['ResourceNotFoundException', 'ConflictException'],
  },
  RejectProposal: {
    method: 'POST',
    path: '/proposals/rejection',
    roles: 'any',
    summary: "Ends a proposal: somebody else's, or one's own that is no longer wanted.",
    request: {
      type: 'object',
      properties: { proposalId: { type: 'string', minLength: 1, maxLength: 128 } },
      required: ['proposalId'],
    },
    response: { type: 'object', properties: { proposal }, required: ['proposal'] },
    errors: ['ResourceNotFoundException', 'ConflictException'],
  },
} as const satisfies Record<string, OwnOperationRow>;
