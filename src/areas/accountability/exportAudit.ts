import { defineOwnOperation } from '../../governance/index.ts';

const defaultLimit = 1_000;

/** Hands out a page of the audit log as it was sealed, with the checkpoints among its records. */
export const exportAudit = defineOwnOperation('ExportAudit', ['auditExporter'], async (request, { auditExporter }) => {
  const limit = request.limit ?? defaultLimit;
  const { entries, checkpoints } = await auditExporter.page({ afterSequence: request.after ?? 0, limit });
  const last = entries.at(-1);
  return {
    entries: entries.map(({ sequence, body, previousHash, hash }) => ({ sequence, body, previousHash, hash })),
    checkpoints: checkpoints.map(({ sequence, document }) => ({ sequence, document })),
    ...(last && entries.length === limit && { next: last.sequence }),
  };
});
