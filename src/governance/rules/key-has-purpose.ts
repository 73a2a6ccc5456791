import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';

/** A key works only for the purposes it lists. */
export const keyHasPurpose: Rule<PurposeQuestion> = {
  name: 'key-has-purpose',
  judge(question) {
    const { call, purpose } = question;
    if (call.caller.purposes.includes(purpose.name)) return undefined;
    return accessDenied(question, `The key does not list the purpose ${purpose.name}.`);
  },
};
