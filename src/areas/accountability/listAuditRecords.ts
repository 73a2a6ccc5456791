import { defineOwnOperation } from '../../governance/index.ts';

const defaultLimit = 100;

/** Lists audit records as they were sealed, so that the caller can verify them. */
export const listAuditRecords = defineOwnOperation(
  'ListAuditRecords',
  ['auditReader'],
  async (request, { auditReader }) => {
    const limit = request.limit ?? defaultLimit;
    // One more than asked for tells whether a page follows.
    const found = await auditReader.entries({ afterSequence: request.after ?? 0, limit: limit + 1 });
    const records = found
      .slice(0, limit)
      .map(({ sequence, body, previousHash, hash }) => ({ sequence, body, previousHash, hash }));
    const last = records.at(-1);
    return { records, ...(found.length > limit && last && { next: last.sequence }) };
  },
);
