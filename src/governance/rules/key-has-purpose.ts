import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';

/** A key works only for the purposes it lists. */
export const keyHasPurpose: Rule<PurposeQuestion> = {
  name: 'key-has-purpose',
  judge(question) {
    const { call, purpose, target } = question;
    if (call.caller.purposes.includes(purpose.name)) return undefined;
    const more =
      target.kind === 'gallery'
        ? ', which the gallery of public figures has. Rule: key-has-purpose; read docs/celebrities.md.'
        : '.';
    return accessDenied(question, `The key does not list the purpose ${purpose.name}${more}`);
  },
};
