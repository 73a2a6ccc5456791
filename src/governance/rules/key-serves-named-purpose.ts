import { purposeNames } from '../policy/index.ts';
import { textMember } from '../target.ts';
import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';

/**
 * Operations on a subject wherever it is held. Without a purpose they are about all of them; but for MarkMinor, which
 * only ever protects, so that who sees a child may say so.
 */
const withoutPurpose: ReadonlyMap<string, 'all' | 'none'> = new Map([
  ['EraseSubject', 'all'],
  ['PlaceLegalHold', 'all'],
  ['UnmarkMinor', 'all'],
  ['MarkMinor', 'none'],
]);

/** A key erases, holds and marks subjects under the purposes it lists only; about a collection, its own purpose counts. */
export const keyServesNamedPurpose: Rule<PurposeQuestion> = {
  name: 'key-serves-named-purpose',
  judge(question) {
    const { call, target } = question;
    const meant = withoutPurpose.get(call.operation);
    if (meant === undefined || target.kind !== 'none') return undefined;
    const named = textMember(call.request, 'purpose') ?? '*';
    // What is no purpose is refused by the operation, which says why.
    const purposes = purposeNames.filter((name) => (named === '*' ? meant === 'all' : name === named));
    const missing = purposes.find((name) => !call.caller.purposes.includes(name));
    if (missing === undefined) return undefined;
    const why = named === '*' ? 'Without a purpose this is about all of them, and the' : 'The';
    return accessDenied(question, `${why} key does not list the purpose ${missing}.`);
  },
};
