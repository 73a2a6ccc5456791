import { defineOwnOperation } from '../../governance/index.ts';

/** Signs how long the audit log is and which record is its last. */
export const getAuditManifest = defineOwnOperation(
  'GetAuditManifest',
  ['auditExporter'],
  async (_request, { auditExporter }) => auditExporter.manifest(),
);
