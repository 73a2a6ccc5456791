import { type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';

const mostRows = 100;

/** Records many consents; a row that fails says why and stops no other. */
export const importConsents = defineOwnOperation(
  'ImportConsents',
  ['consents'],
  async ({ rows }, { consents }, { signal }) => {
    if (rows.length === 0 || rows.length > mostRows) {
      throw new ServiceError('InvalidParameterException', `A call imports 1 to ${mostRows} rows.`);
    }
    const results: OwnResponseOf<'ImportConsents'>['results'][number][] = [];
    for (const row of rows) {
      signal.throwIfAborted();
      try {
        const { receiptId, created, token } = await consents.grant(row);
        results.push({ receiptId, created, ...(token !== undefined && { token }) });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        results.push({ code: error.code, message: error.message });
      }
    }
    return { results };
  },
);
