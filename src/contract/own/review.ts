import type { ObjectSchema } from '../json-schema.ts';
import type { OwnOperationRow } from './row.ts';

const time = { type: 'string', description: 'ISO 8601, UTC.' } as const;
const caseId = { type: 'string', minLength: 1, maxLength: 64 } as const;
const collectionId = { type: 'string', minLength: 1, maxLength: 255, pattern: '[a-zA-Z0-9_.\\-]+' } as const;
const reason = { type: 'string', minLength: 1, maxLength: 1_000 } as const;
const person = { type: 'string' } as const;
const jpeg = { type: 'string', description: 'A JPEG in Base64.' } as const;
const name = { type: 'string', minLength: 1, maxLength: 255, pattern: '[a-zA-Z0-9_.\\-:]+' } as const;
const page = {
  after: { type: 'string', minLength: 1, maxLength: 64, description: 'What the page before gave as `next`.' },
  limit: { type: 'integer', minimum: 1, maximum: 200, description: '50 when absent.' },
} as const;
const next = { type: 'string', description: 'What to send as `after` for more; absent at the end.' } as const;

const listedCase = {
  caseId: { type: 'string' },
  kind: { type: 'string', enum: ['search', 'comparison', 'enrolment'] },
  purpose: { type: 'string' },
  collectionId: { type: 'string', description: 'Absent for a comparison of two images.' },
  openedAt: time,
  expiresAt: { ...time, description: 'When it closes without a match. ISO 8601, UTC.' },
} as const;
const listedMembers = ['caseId', 'kind', 'purpose', 'openedAt', 'expiresAt'] as const;

const rate = {
  type: 'object',
  description: 'A rate with its 95 % interval after Wilson.',
  properties: {
    rate: { type: 'number', minimum: 0, maximum: 1 },
    low: { type: 'number', minimum: 0, maximum: 1 },
    high: { type: 'number', minimum: 0, maximum: 1 },
  },
  required: ['rate', 'low', 'high'],
} as const satisfies ObjectSchema;

const linkEnd = {
  type: 'object',
  description: 'Exactly one member.',
  properties: {
    faceId: { ...name, maxLength: 64 },
    userId: { ...name, maxLength: 128 },
    externalImageId: { ...name, description: 'Every face under this ExternalImageId.' },
    probeHash: { type: 'string', pattern: '[0-9a-f]{64}', description: 'A probe image, as the audit names it.' },
  },
} as const satisfies ObjectSchema;

const cannotLink = {
  type: 'object',
  properties: {
    linkId: { type: 'string' },
    collectionId: { type: 'string' },
    one: linkEnd,
    other: linkEnd,
    persons: { type: 'array', items: person, description: 'Who set it; two reviewers where it came of a review.' },
    reason: { type: 'string' },
    source: { type: 'string', enum: ['person', 'review', 'subject'] },
    setAt: time,
  },
  required: ['linkId', 'collectionId', 'one', 'other', 'persons', 'reason', 'source', 'setAt'],
} as const satisfies ObjectSchema;

const minorPurpose = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  description: 'One of the purposes of GetPolicy; * or absent: every purpose.',
} as const;

const minor = {
  type: 'object',
  properties: {
    purpose: { type: 'string', description: '*: every purpose.' },
    subject: { type: 'string' },
    person,
    reason: { type: 'string' },
    source: { type: 'string', enum: ['person', 'receipt'], description: 'receipt: a consent said so.' },
    setAt: time,
    adultFrom: { type: 'string', description: 'YYYY-MM-DD, UTC: from this day on it no longer counts.' },
    holds: { type: 'boolean', description: 'False once grown up.' },
  },
  required: ['purpose', 'subject', 'person', 'reason', 'source', 'setAt', 'holds'],
} as const satisfies ObjectSchema;

/** Review of candidates before release, cannot-links, minors. */
export const reviewOperations = {
  ListReviewCases: {
    method: 'GET',
    path: '/review/cases',
    roles: ['reviewer'],
    summary: 'Open cases that the caller may judge and has not judged yet.',
    request: { type: 'object', properties: page },
    response: {
      type: 'object',
      properties: {
        cases: { type: 'array', items: { type: 'object', properties: listedCase, required: listedMembers } },
        next,
      },
      required: ['cases'],
    },
    errors: [],
  },
  GetReviewCase: {
    method: 'GET',
    path: '/review/case',
    roles: ['reviewer'],
    summary: 'An open case to judge: the probe and the candidates, ranked, without names and numbers.',
    request: { type: 'object', properties: { caseId }, required: ['caseId'] },
    response: {
      type: 'object',
      properties: {
        ...listedCase,
        probe: jpeg,
        candidates: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              candidateId: { type: 'string' },
              rank: { type: 'integer', minimum: 1, description: '1: the most similar.' },
              crop: jpeg,
            },
            required: ['candidateId', 'rank'],
          },
          description: 'Known non-matches may be among them.',
        },
      },
      required: [...listedMembers, 'candidates'],
    },
    errors: ['AccessDeniedException', 'ConflictException', 'ResourceNotFoundException'],
  },
  SubmitReview: {
    method: 'POST',
    path: '/review/verdicts',
    roles: ['reviewer'],
    summary: 'Judges every candidate of a case, once and for good.',
    request: {
      type: 'object',
      properties: {
        caseId,
        decisions: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              candidateId: { type: 'string', minLength: 1, maxLength: 64 },
              verdict: { type: 'string', enum: ['same', 'different', 'cannot-tell'] },
              reason,
              notThisPerson: {
                type: 'boolean',
                description: 'With `different`: never match the two again, if the other reviewer says so too.',
              },
            },
            required: ['candidateId', 'verdict', 'reason'],
          },
          description: 'One for each candidate; empty for a case without any.',
        },
      },
      required: ['caseId', 'decisions'],
    },
    response: {
      type: 'object',
      properties: { caseId: { type: 'string' }, recorded: { type: 'boolean', description: 'True.' } },
      required: ['caseId', 'recorded'],
    },
    errors: ['AccessDeniedException', 'ConflictException', 'InvalidParameterException', 'ResourceNotFoundException'],
  },
  GetReviewOutcome: {
    method: 'GET',
    path: '/review/outcome',
    roles: ['searcher', 'evaluator', 'enroller', 'admin', 'auditor'],
    summary: 'What came of a search that was withheld: it waits, or it is closed, with what two reviewers released.',
    request: { type: 'object', properties: { caseId }, required: ['caseId'] },
    response: {
      type: 'object',
      properties: {
        caseId: { type: 'string' },
        state: { type: 'string', enum: ['pending', 'closed'] },
        expiresAt: { ...time, description: 'When it closes, or when it is forgotten. ISO 8601, UTC.' },
        matches: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              similarity: { type: 'number', minimum: 0, maximum: 100 },
              faceId: { type: 'string' },
              externalImageId: { type: 'string' },
              userId: { type: 'string' },
              boundingBox: {
                type: 'object',
                description: 'Of a comparison: ratios of the target image.',
                properties: {
                  left: { type: 'number' },
                  top: { type: 'number' },
                  width: { type: 'number' },
                  height: { type: 'number' },
                },
                required: ['left', 'top', 'width', 'height'],
              },
            },
            required: ['similarity'],
          },
        },
        notice: { type: 'string', description: 'What a match is not.' },
        detail: {
          type: 'string',
          enum: ['released', 'no-match', 'conflict', 'expired'],
          description: 'Why it closed; for admins and auditors, never on a search of their own.',
        },
      },
      required: ['caseId', 'state', 'expiresAt', 'matches', 'notice'],
    },
    errors: ['ResourceNotFoundException'],
  },
  GetReviewStats: {
    method: 'GET',
    path: '/review/stats',
    roles: ['admin', 'auditor'],
    summary: 'How each reviewer judged in the last year, measured with known non-matches.',
    request: { type: 'object', properties: {} },
    response: {
      type: 'object',
      properties: {
        reviewers: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              person,
              cases: { type: 'integer', minimum: 0 },
              seedsSeen: { type: 'integer', minimum: 0, description: 'Known non-matches that were judged.' },
              seedsAccepted: { type: 'integer', minimum: 0, description: 'Of these, called the same.' },
              falseAcceptRate: rate,
              agreementRate: rate,
            },
            required: ['person', 'cases', 'seedsSeen', 'seedsAccepted'],
          },
        },
      },
      required: ['reviewers'],
    },
    errors: [],
  },
  SetCannotLink: {
    method: 'POST',
    path: '/cannot-links',
    roles: ['admin', 'enroller', 'reviewer'],
    subject: 'collection',
    summary: 'Says "not this person": the two are never matched again in this collection.',
    request: {
      type: 'object',
      properties: { collectionId, one: linkEnd, other: linkEnd, reason },
      required: ['collectionId', 'one', 'other', 'reason'],
    },
    response: { type: 'object', properties: { link: cannotLink }, required: ['link'] },
    errors: ['InvalidParameterException', 'ResourceNotFoundException'],
  },
  ListCannotLinks: {
    method: 'GET',
    path: '/cannot-links',
    roles: ['admin', 'auditor'],
    subject: 'collection',
    summary: 'The cannot-links of a collection.',
    request: { type: 'object', properties: { collectionId, ...page }, required: ['collectionId'] },
    response: {
      type: 'object',
      properties: { links: { type: 'array', items: cannotLink }, next },
      required: ['links'],
    },
    errors: ['ResourceNotFoundException'],
  },
  RemoveCannotLink: {
    method: 'POST',
    path: '/cannot-links/removal',
    roles: ['admin'],
    subject: 'collection',
    summary: 'Removes a cannot-link that another person set.',
    request: {
      type: 'object',
      properties: { collectionId, linkId: { type: 'string', minLength: 1, maxLength: 64 }, reason },
      required: ['collectionId', 'linkId', 'reason'],
    },
    response: { type: 'object', properties: { linkId: { type: 'string' } }, required: ['linkId'] },
    errors: ['AccessDeniedException', 'ResourceNotFoundException'],
  },
  MarkMinor: {
    method: 'POST',
    path: '/minors',
    roles: ['admin', 'enroller'],
    summary: 'Marks a subject as a minor: what matches them is released by two reviewers only, under every purpose.',
    request: {
      type: 'object',
      properties: {
        subject: { ...name, description: 'An ExternalImageId, a UserId, or the FaceId of a face without the first.' },
        purpose: minorPurpose,
        reason,
        adultFrom: {
          type: 'string',
          pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}',
          description: 'The day from which they are grown up.',
        },
      },
      required: ['subject', 'reason'],
    },
    response: { type: 'object', properties: { minor }, required: ['minor'] },
    errors: ['InvalidParameterException'],
  },
  UnmarkMinor: {
    method: 'POST',
    path: '/minors/removal',
    roles: ['admin'],
    summary: 'Takes back the mark of a minor that another person set.',
    request: {
      type: 'object',
      properties: { subject: name, purpose: minorPurpose, reason },
      required: ['subject', 'reason'],
    },
    response: { type: 'object', properties: { subject: { type: 'string' } }, required: ['subject'] },
    errors: ['AccessDeniedException', 'InvalidParameterException', 'ResourceNotFoundException'],
  },
  ListMinors: {
    method: 'GET',
    path: '/minors',
    roles: ['admin', 'auditor', 'enroller'],
    summary: 'The subjects that are marked as minors.',
    request: { type: 'object', properties: {} },
    response: {
      type: 'object',
      properties: { minors: { type: 'array', items: minor } },
      required: ['minors'],
    },
    errors: [],
  },
} as const satisfies Record<string, OwnOperationRow>;
