import { accessDenied, type Question, type Rule } from './rule.ts';

/** A key may touch, make and tag only the collections it lists; asked before anyone looks whether there is such a one. */
export const keyAllowsCollection: Rule<Question> = {
  name: 'key-allows-collection',
  judge(question) {
    const { collections } = question.call.caller;
    if (question.target.kind === 'none' || collections === '*') return undefined;
    return collections.includes(question.target.collectionId) ? undefined : accessDenied(question);
  },
};
