import { accessDenied, type Question, type Rule } from './rule.ts';

const wholeServer: ReadonlySet<string> = new Set([
  'CreateBackup',
  'EraseSubject',
  'GetErasureCertificate',
  'ListErasures',
  'ListLegalHolds',
  'ListRetention',
  'PlaceLegalHold',
  'ReleaseLegalHold',
  'RunOrphanScan',
  'RunRetentionSweep',
]);

/** Erasure, holds and backups reach every collection, so a key that is limited to some may not ask for them. */
export const wholeServerNeedsWholeKey: Rule<Question> = {
  name: 'whole-server-needs-whole-key',
  judge(question) {
    if (!wholeServer.has(question.call.operation) || question.call.caller.collections === '*') return undefined;
    return accessDenied(question, 'This reaches every collection of the server; this key is limited to some.');
  },
};
