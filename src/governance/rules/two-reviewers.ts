import { readTellingMatches } from '../telling-matches.ts';
import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';

const ways = readTellingMatches();

/**
 * Where the purpose demands review, matches are released only after two reviewers agreed. Most operations run and are
 * withheld by the wrappers around what they are given; one that has no such wrapper does not run.
 */
export const twoReviewers: Rule<PurposeQuestion> = {
  name: 'two-reviewers',
  judge(question) {
    const { call, purpose } = question;
    if (purpose.review === 'none' || ways.get(call.operation) !== 'refused') return undefined;
    return accessDenied(
      question,
      `Results under the purpose ${purpose.name} are released only after two reviewers agreed, and those of ` +
        `${call.operation} cannot be withheld for them. Read docs/accountability.md#review.`,
    );
  },
};
