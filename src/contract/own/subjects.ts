import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const time = { type: 'string', description: 'ISO 8601, UTC.' } as const;

const token = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  description: 'The token of a consent receipt: 43 letters, digits, - and _.',
} as const;

const withToken = {
  type: 'object',
  properties: { token },
  required: ['token'],
} as const satisfies ObjectSchema;

const contest = {
  type: 'object',
  properties: {
    contestId: { type: 'string' },
    at: time,
    text: { type: 'string', description: "The person's own words." },
    faceId: { type: 'string', description: 'The face that the person says is not theirs.' },
    state: { type: 'string', enum: ['open', 'answered'] },
    answer: { type: 'string' },
    answeredAt: time,
  },
  required: ['contestId', 'at', 'text', 'state'],
} as const satisfies ObjectSchema;

const subjectFile = {
  type: 'object',
  description: 'What is held of a person, as far as it is held under the purpose of the receipt.',
  properties: {
    receipt: {
      type: 'object',
      properties: {
        receiptId: { type: 'string' },
        purpose: { type: 'string' },
        purposeFor: { type: 'string', description: 'What the purpose is, in a sentence.' },
        state: { type: 'string', description: 'active, expired, withdrawn, objected or erased.' },
        method: { type: 'string', description: 'How the consent was given.' },
        minor: { type: 'boolean' },
        grantedAt: time,
        expiresAt: time,
        endedAt: time,
        certificateId: { type: 'string', description: 'Of the erasure, once there was one.' },
      },
      required: ['receiptId', 'purpose', 'purposeFor', 'state', 'method', 'minor', 'grantedAt', 'expiresAt'],
    },
    faces: {
      type: 'array',
      description: 'Faces that are kept as templates. A template itself is never given out.',
      items: {
        type: 'object',
        properties: {
          collectionId: { type: 'string' },
          faceId: { type: 'string' },
          storedAt: time,
          erasedBy: { ...time, description: 'When it is erased at the latest.' },
        },
        required: ['collectionId', 'faceId', 'storedAt', 'erasedBy'],
      },
    },
    uses: {
      type: 'array',
      description: 'Calls that were about this person, from the latest records of the audit log.',
      items: {
        type: 'object',
        properties: {
          month: { type: 'string', description: 'Such as 2026-11.' },
          operation: { type: 'string' },
          calls: { type: 'integer' },
        },
        required: ['month', 'operation', 'calls'],
      },
    },
    usesSince: { ...time, description: 'The oldest record that was read for it.' },
    reviewCases: {
      type: 'integer',
      description: 'Review cases of the collections that hold this person, whoever was found.',
    },
    contests: { type: 'array', items: contest },
  },
  required: ['receipt', 'faces', 'uses', 'reviewCases', 'contests'],
} as const satisfies ObjectSchema;

/** What a person in a picture may see and do, with the token of a receipt. */
export const subjectsOperations = {
  ShowSubject: {
    method: 'POST',
    path: '/subject/show',
    summary: 'What is held of the person who has this token.',
    roles: 'token',
    request: withToken,
    response: subjectFile,
    errors: [],
  },
  DownloadSubject: {
    method: 'POST',
    path: '/subject/download',
    summary: 'Everything that is held of the person who has this token, as one document; templates are never in it.',
    roles: 'token',
    request: withToken,
    response: {
      type: 'object',
      properties: {
        fileName: { type: 'string' },
        document: { type: 'string', description: 'JSON text: receipt, records, pictures as Base64 JPEG.' },
      },
      required: ['fileName', 'document'],
    },
    errors: [],
  },
  ContestSubject: {
    method: 'POST',
    path: '/subject/contest',
    summary: 'Says that something about the person who has this token is wrong; the operator must answer.',
    roles: 'token',
    request: {
      type: 'object',
      properties: {
        token,
        text: { type: 'string', minLength: 1, maxLength: 4000 },
        faceId: { type: 'string', maxLength: 64, description: 'A face that is not theirs.' },
      },
      required: ['token', 'text'],
    },
    response: contest,
    errors: ['ResourceNotFoundException', 'LimitExceededException'],
  },
  WithdrawBySubject: {
    method: 'POST',
    path: '/subject/withdraw',
    summary: 'Withdraws the consent of the person who has this token; all that is held of them is erased first.',
    roles: 'token',
    request: withToken,
    response: {
      type: 'object',
      properties: {
        certificateId: { type: 'string' },
        certificate: { type: 'string', description: 'JSON text of the signed certificate of the erasure.' },
        suspended: { type: 'boolean', description: 'A legal hold forbids the erasure for now.' },
      },
      required: ['certificateId', 'certificate', 'suspended'],
    },
    errors: ['ResourceNotFoundException'],
  },
  ListContests: {
    method: 'GET',
    path: '/contests',
    summary: 'What persons said is wrong, oldest first.',
    roles: ['admin', 'auditor'],
    request: {
      type: 'object',
      properties: {
        state: { type: 'string', enum: ['open', 'answered'], description: 'Absent: all.' },
        after: { type: 'string', maxLength: 100, description: 'The contest after which to begin.' },
        limit: { type: 'integer', minimum: 1, maximum: 1000, description: '100 when absent.' },
      },
    },
    response: {
      type: 'object',
      properties: {
        contests: {
          type: 'array',
          items: {
            type: 'object',
            properties: { ...contest.properties, receiptId: { type: 'string' }, purpose: { type: 'string' } },
            required: ['contestId', 'at', 'text', 'state', 'receiptId', 'purpose'],
          },
        },
        next: { type: 'string', description: 'What to send as `after` for more; absent at the end.' },
      },
      required: ['contests'],
    },
    errors: [],
  },
  AnswerContest: {
    method: 'POST',
    path: '/contests/answer',
    summary: 'Answers a contest; the person reads the answer on their page.',
    roles: ['admin'],
    request: {
      type: 'object',
      properties: {
        contestId: { type: 'string', minLength: 1, maxLength: 100 },
        answer: { type: 'string', minLength: 1, maxLength: 4000 },
      },
      required: ['contestId', 'answer'],
    },
    response: contest,
    errors: ['ResourceNotFoundException'],
  },
} as const satisfies Record<string, OwnOperationRow>;
