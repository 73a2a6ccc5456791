export {
  type ConsentBook,
  type ConsentFilter,
  createConsentBook,
  type FoundConsent,
  type GrantedConsent,
} from './book.ts';
export { type ConsentDesk, consentDesk, receiptSummary } from './desk.ts';
export type { ConsentEndings, EndedConsents, SettledConsents } from './ending.ts';
export type { ConsentParts, ConsentState } from './kept.ts';
export { type ConsentLedger, type ConsentReceipt, type ConsentSubject, emptyConsentLedger } from './ledger.ts';
export { isObjecting } from './objections.ts';
export type { ConsentEnd, KeptReceipt } from './receipt.ts';
export { receiptSource } from './source.ts';
export { createSubjectLocks, type SubjectLocks } from './subject-locks.ts';
export type { ConsentTerms, GrantRequest } from './terms.ts';
