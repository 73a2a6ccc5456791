export { exportAudit } from './exportAudit.ts';
export { getAuditManifest } from './getAuditManifest.ts';
export { getPolicy } from './getPolicy.ts';
export { getPublicKey } from './getPublicKey.ts';
export { listAuditRecords } from './listAuditRecords.ts';
export { verifyAudit } from './verifyAudit.ts';
