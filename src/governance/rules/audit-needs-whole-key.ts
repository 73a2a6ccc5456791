import { accessDenied, type Question, type Rule } from './rule.ts';

const auditOperations: ReadonlySet<string> = new Set([
  'ExportAudit',
  'GetAuditManifest',
  'ListAuditRecords',
  'VerifyAudit',
]);

/** The audit speaks about every collection, so a key that is limited to some may not read it. */
export const auditNeedsWholeKey: Rule<Question> = {
  name: 'audit-needs-whole-key',
  judge(question) {
    if (!auditOperations.has(question.call.operation) || question.call.caller.collections === '*') return undefined;
    return accessDenied(question, 'The audit tells of every collection; this key is limited to some.');
  },
};
