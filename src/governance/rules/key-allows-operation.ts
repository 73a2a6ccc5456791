import { accessDenied, type Question, type Rule } from './rule.ts';

/** A key may call only the operations it lists. */
export const keyAllowsOperation: Rule<Question> = {
  name: 'key-allows-operation',
  judge(question) {
    const { operations } = question.call.caller;
    return operations === '*' || operations.includes(question.call.operation) ? undefined : accessDenied(question);
  },
};
