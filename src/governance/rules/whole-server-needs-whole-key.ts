import { textMember } from '../target.ts';
import { accessDenied, type Question, type Rule } from './rule.ts';

const wholeServer: ReadonlySet<string> = new Set([
  'AddPerson',
  'AnswerContest',
  'ApproveProposal',
  'BeginExport',
  'BeginImport',
  'ChangeRoles',
  'CheckImport',
  'CreateBackup',
  'EraseSubject',
  'FinishImport',
  'GetErasureCertificate',
  'GetReviewStats',
  'GetTransparencyReport',
  'ListBackups',
  'ListCelebrityOptOuts',
  'ListContests',
  'ListErasures',
  'ListLegalHolds',
  'ListMinors',
  'ListRetention',
  'PlaceLegalHold',
  'ReadExport',
  'ReleaseLegalHold',
  'RemoveCelebrityOptOut',
  'RemovePerson',
  'RotateMasterKey',
  'RunOrphanScan',
  'RunRetentionSweep',
  'UnmarkMinor',
  'WriteImport',
]);

/**
 * Erasure, holds, backups, reports, roles and lists of persons reach every collection, and a file that is moved in or out
 * carries consents and marks that hold in all of them, so a key that is limited to some may not ask for them. Receipts of a subject it can name it may: whoever takes a consent must be able to take it back.
 */
export const wholeServerNeedsWholeKey: Rule<Question> = {
  name: 'whole-server-needs-whole-key',
  judge(question) {
    const { caller, operation, request } = question.call;
    if (caller.collections === '*') return undefined;
    const listsEveryone = operation === 'ListConsents' && textMember(request, 'subject') === undefined;
    if (!listsEveryone && !wholeServer.has(operation)) return undefined;
    return accessDenied(question, 'This reaches every collection of the server; this key is limited to some.');
  },
};
