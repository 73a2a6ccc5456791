import { declaredPurpose } from '../policy/index.ts';
import { dataSetLicenceTag, isReservedTag, purposeEndsTag, purposeTag, readsAsPurposeTag } from '../reserved-tags.ts';
import { tagsOf } from '../target.ts';
import { refusedClassWords } from './refused-class.ts';
import { accessDenied, type PurposeQuestion, type Rule } from './rule.ts';

/**
 * Tags under `likeness:` are set when a collection is made and never afterwards; a collection's purpose therefore
 * cannot be changed. Declaring a refused class in one is refused as such.
 */
export const reservedTags: Rule<PurposeQuestion> = {
  name: 'reserved-tags',
  judge(question, { policy }) {
    const { operation, request } = question.call;
    if (operation !== 'TagResource' && operation !== 'UntagResource' && operation !== 'CreateCollection')
      return undefined;
    const tags = tagsOf(request);
    for (const [key, value] of Object.entries(tags)) {
      const verdict = readsAsPurposeTag(key) ? declaredPurpose(policy, value) : undefined;
      if (verdict?.kind === 'refused') {
        return accessDenied(question, refusedClassWords(verdict.refused), verdict.refused.id);
      }
    }
    const settable = operation === 'CreateCollection' ? [purposeTag, dataSetLicenceTag, purposeEndsTag] : [];
    const lastDay = operation === 'CreateCollection' ? tags[purposeEndsTag] : undefined;
    if (lastDay !== undefined && !isDay(lastDay)) {
      return {
        code: 'InvalidParameterException',
        message: `The tag ${purposeEndsTag} takes a day such as 2027-06-30, and '${lastDay}' is none. Read docs/accountability.md#retention.`,
      };
    }
    const keys = operation === 'UntagResource' ? tagKeysOf(request) : Object.keys(tags);
    if (keys.every((key) => settable.includes(key) || !isReservedTag(key))) return undefined;
    return {
      code: 'InvalidParameterException',
      message:
        operation === 'CreateCollection'
          ? `Of the tags under likeness: a collection takes ${settable.join(', ')}, written exactly so.`
          : "Tags under likeness: are set when a collection is made and cannot be changed; a collection's purpose stays.",
    };
  },
};

function tagKeysOf(request: unknown): readonly string[] {
  const { TagKeys } = request as { readonly TagKeys?: readonly string[] };
  return TagKeys ?? [];
}

/** A day of the calendar: one that is none would let a collection live for ever. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
