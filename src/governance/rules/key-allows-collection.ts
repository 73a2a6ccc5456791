import { accessDenied, type Question, type Rule } from './rule.ts';

/** A key may touch, make and tag only the collections it lists; asked before anyone looks whether there is such a one. */
export const keyAllowsCollection: Rule<Question> = {
  name: 'key-allows-collection',
  judge(question) {
    const { collections } = question.call.caller;
    if (question.target.kind === 'none' || collections === '*') return undefined;
    if (collections.includes(question.target.collectionId)) return undefined;
    // Who asks for public figures names no collection, and could not tell what the key lacks.
    const why =
      'It is about the gallery of public figures, a collection that this key does not list. ' +
      'Rule: key-allows-collection; read docs/celebrities.md.';
    return accessDenied(question, question.target.kind === 'gallery' ? why : undefined);
  },
};
