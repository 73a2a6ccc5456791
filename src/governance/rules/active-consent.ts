import { needsReceipt } from '../policy/index.ts';
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
 * has none. It is asked again when the face is stored (enforce/enrolment.ts): analysing takes time, and consent can end.
 */
export const activeConsent: Rule<PurposeQuestion> = {
  name: 'active-consent',
  async judge(question, { consent }) {
    const { call, purpose, target } = question;
    if (!needsReceipt(purpose)) return undefined;
    const member = Object.hasOwn(enrolling, call.operation) ? enrolling[call.operation] : undefined;
    if (member === undefined || target.kind === 'none') return undefined;
    const subject = textMember(call.request, member);
    if (subject === undefined || subject === '') {
      return accessDenied(
        question,
        `The purpose ${purpose.name} enrols only subjects with an active consent receipt, and the request names none (${member}). Read docs/accountability.md#consent.`,
      );
    }
    const { collectionId } = target;
    const receipt = await consent.activeReceipt({ purpose: purpose.name, collectionId, subject });
    if (receipt !== undefined) return undefined;
    return accessDenied(
      question,
      `The purpose ${purpose.name} enrols only subjects with an active consent receipt, and this subject (${member}) has none. ` +
        'Record its consent with GrantConsent or `likeness consent grant`. Read docs/accountability.md#consent.',
    );
  },
};
