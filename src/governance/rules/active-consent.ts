import { textMember } from '../target.ts';
import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';

/** The operations that enrol a subject, with the member of the request that names it. */
const enrolling: Readonly<Record<string, string>> = {
  IndexFaces: 'ExternalImageId',
  AssociateFaces: 'UserId',
  CreateUser: 'UserId',
};

/**
 * Where the purpose demands consent, a subject is enrolled only with an active receipt, and one that is not named
 * has none. Until receipts can be granted no one has one, so nobody is enrolled: an obligation that cannot be met
 * refuses.
 */
export const activeConsent: Rule<PurposeQuestion> = {
  name: 'active-consent',
  async judge(question, { consent }) {
    const { call, purpose, target } = question;
    if (purpose.consent !== 'required' && purpose.consent !== 'guardian-or-legal-basis') return undefined;
    const member = Object.hasOwn(enrolling, call.operation) ? enrolling[call.operation] : undefined;
    if (member === undefined || target.kind === 'none') return undefined;
    const subject = textMember(call.request, member);
    if (subject === undefined || subject === '') {
      return accessDenied(
        question,
        `The purpose ${purpose.name} enrols only subjects with an active consent receipt, and the request names none (${member}).`,
      );
    }
    const { collectionId } = target;
    const receipt = await consent.activeReceipt({ purpose: purpose.name, collectionId, subject });
    if (receipt !== undefined) return undefined;
    return accessDenied(
      question,
      `The purpose ${purpose.name} enrols only subjects with an active consent receipt, and this subject (${member}) has none. ` +
        'Receipts come with the accountability release; see docs/accountability.md#consent.',
    );
  },
};
