export {
  type AttributeEvaluation,
  describeEvaluation,
  type EvaluateAttributesParts,
  evaluateAttributes,
} from './evaluate.ts';
