import { activeConsent } from './active-consent.ts';
import { auditNeedsWholeKey } from './audit-needs-whole-key.ts';
import { dataSetLicence } from './data-set-licence.ts';
import { evaluationMatchesGoToEvaluators } from './evaluation-matches-go-to-evaluators.ts';
import { keyAllowsCollection } from './key-allows-collection.ts';
import { keyAllowsOperation } from './key-allows-operation.ts';
import { keyDeclaresNoRefusedClass } from './key-declares-no-refused-class.ts';
import { keyHasPurpose } from './key-has-purpose.ts';
import { keyServesConsent } from './key-serves-consent.ts';
import { keyServesNamedPurpose } from './key-serves-named-purpose.ts';
import { reservedTags } from './reserved-tags.ts';
import { roleAllowsOperation } from './role-allows-operation.ts';
import type { PurposeQuestion, Question, Refusal, Rule, RuleParts } from './rule.ts';
import { searchBudget } from './search-budget.ts';
import { twoReviewers } from './two-reviewers.ts';
import { wholeServerNeedsWholeKey } from './whole-server-needs-whole-key.ts';

export { refusedClassWords } from './refused-class.ts';
export { accessDenied, type PurposeQuestion, type Question, type Refusal, type Rule, type RuleParts } from './rule.ts';

/** Rules about the key, judged before the collection is looked up, in this order. */
export const keyRules: readonly Rule<Question>[] = [
  keyAllowsOperation,
  roleAllowsOperation,
  keyAllowsCollection,
  keyDeclaresNoRefusedClass,
  auditNeedsWholeKey,
  wholeServerNeedsWholeKey,
];

/** Rules about the purpose, judged in this order; an obligation is one file here. */
export const purposeRules: readonly Rule<PurposeQuestion>[] = [
  keyHasPurpose,
  keyServesConsent,
  keyServesNamedPurpose,
  evaluationMatchesGoToEvaluators,
  reservedTags,
  dataSetLicence,
  activeConsent,
  twoReviewers,
  // Last: what another rule refuses costs nothing.
  searchBudget,
];

/** The refusal of the first rule that objects; undefined when none does. */
export async function judge<Asked extends Question>(
  rules: readonly Rule<Asked>[],
  question: Asked,
  parts: RuleParts,
): Promise<Refusal | undefined> {
  for (const rule of rules) {
    const objection = await rule.judge(question, parts);
    if (objection !== undefined) {
      const { detail, code, message } = objection;
      return { rule: detail === undefined ? rule.name : `${rule.name}/${detail}`, code, message };
    }
  }
  return undefined;
}
