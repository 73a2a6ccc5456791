import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';
import { tellsMatches } from './telling-matches.ts';

/**
 * Faces of a data set are there to measure with, so what looks alike among them is told to evaluators only; and an
 * evaluator who is no searcher searches nothing else.
 */
export const evaluationMatchesGoToEvaluators: Rule<PurposeQuestion> = {
  name: 'evaluation-matches-go-to-evaluators',
  judge(question) {
    const { call, purpose, roles } = question;
    // Emotions and gender are told under this purpose alone, for measuring, and so to those who measure.
    const tellsAttributes = purpose.name === 'evaluation' && call.operation === 'DetectFaces';
    // The reasons and confidences of AssociateFaces say who looks alike too.
    if (!tellsMatches(call.operation) && call.operation !== 'AssociateFaces' && !tellsAttributes) return undefined;
    if (purpose.name === 'evaluation') {
      if (roles.includes('evaluator')) return undefined;
      return accessDenied(
        question,
        'What is measured under evaluation, matches and attributes, goes to evaluators only. ' +
          'Rule: evaluation-matches-go-to-evaluators; read docs/accountability.md#roles.',
      );
    }
    if (call.operation === 'AssociateFaces' || roles.includes('searcher')) return undefined;
    return accessDenied(
      question,
      `An evaluator searches evaluation collections only; under ${purpose.name} it takes a searcher. ` +
        'Rule: evaluation-matches-go-to-evaluators; read docs/accountability.md#roles.',
      'elsewhere',
    );
  },
};
