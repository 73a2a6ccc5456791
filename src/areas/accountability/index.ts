export { getPolicy } from './getPolicy.ts';
export { listAuditRecords } from './listAuditRecords.ts';
export { verifyAudit } from './verifyAudit.ts';
