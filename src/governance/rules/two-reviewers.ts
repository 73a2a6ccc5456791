import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';

/** The operations whose answer says who looks alike. */
const tellingMatches: ReadonlySet<string> = new Set([
  'CompareFaces',
  'SearchFaces',
  'SearchFacesByImage',
  'SearchUsers',
  'SearchUsersByImage',
  'StartFaceSearch',
  'GetFaceSearch',
]);

/**
 * Where the purpose demands review, matches are released only after two reviewers agreed. Until there are reviewers
 * nothing is searched, so that nothing can be released unreviewed.
 */
export const twoReviewers: Rule<PurposeQuestion> = {
  name: 'two-reviewers',
  judge(question) {
    const { call, purpose } = question;
    if (purpose.review === 'none' || !tellingMatches.has(call.operation)) return undefined;
    return accessDenied(
      question,
      `Results under the purpose ${purpose.name} are released only after two reviewers agreed. ` +
        'Review comes with the accountability release; see docs/accountability.md#review.',
    );
  },
};
