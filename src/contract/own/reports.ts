import type { OwnOperationRow } from './row.ts';

/** Reports that the server signs. */
export const reportsOperations = {
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
