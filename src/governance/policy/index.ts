export { type DeclaredPurpose, declaredPurpose } from './declared-purpose.ts';
export { loadPolicy, PolicyError, parsePolicy } from './load-policy.ts';
export {
  type AttributeMode,
  type ConsentDemand,
  needsReceipt,
  type Policy,
  type PurposeName,
  type PurposeRow,
  purposeNames,
  type RefusedClass,
  type RefusedClassId,
  type RetentionTerms,
  refusedClassIds,
  type SearchBudget,
  type SensitiveAttribute,
  sensitiveAttributes,
} from './policy.ts';
