import { declaredPurpose } from '../policy/index.ts';
import { refusedClassWords } from './refused-class.ts';
import { accessDenied, type Question, type Rule } from './rule.ts';

/** A key that declares a refused class serves nothing, not even under another purpose it lists. */
export const keyDeclaresNoRefusedClass: Rule<Question> = {
  name: 'key-declares-no-refused-class',
  judge(question, { policy }) {
    for (const declared of question.call.caller.purposes) {
      const verdict = declaredPurpose(policy, declared);
      if (verdict.kind === 'refused') {
        return accessDenied(question, refusedClassWords(verdict.refused), verdict.refused.id);
      }
    }
    return undefined;
  },
};
