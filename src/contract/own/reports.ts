import type { OwnOperationRow } from './row.ts';

/** Reports that the server signs. */
export const reportsOperations = {
  GetTransparencyReport: {
    method: 'GET',
    path: '/reports/transparency',
    summary: 'What was done with this server, by purpose and month, from its audit log; small counts are kept back.',
    roles: ['auditor', 'admin'],
    request: {
      type: 'object',
      properties: {
        from: { type: 'string', pattern: '[0-9]{4}-(0[1-9]|1[0-2])', description: 'First month, such as 2026-01.' },
        to: { type: 'string', pattern: '[0-9]{4}-(0[1-9]|1[0-2])', description: 'Last month, included.' },
      },
      required: ['from', 'to'],
    },
    response: {
      type: 'object',
      properties: {
        report: { type: 'string', description: 'The canonical JSON text of the signed report.' },
        publicKeyPem: { type: 'string', description: 'What its signature is verified with.' },
      },
      required: ['report', 'publicKeyPem'],
    },
    errors: [],
  },
  SignReport: {
    method: 'POST',
    path: '/reports/signature',
    summary: 'Signs a bias report with what this server says of itself: its models, its policy and the time.',
    roles: ['evaluator', 'auditor', 'admin'],
    request: {
      type: 'object',
      properties: {
        report: {
          type: 'string',
          minLength: 2,
          maxLength: 8_388_608,
          description: 'The JSON text of a bias report, as `likeness evaluate bias` makes it.',
        },
      },
      required: ['report'],
    },
    response: {
      type: 'object',
      properties: {
        report: { type: 'string', description: 'The canonical JSON text of the signed report.' },
        publicKeyPem: { type: 'string', description: 'What its signature is verified with.' },
      },
      required: ['report', 'publicKeyPem'],
    },
    errors: [],
  },
} as const satisfies Record<string, OwnOperationRow>;
