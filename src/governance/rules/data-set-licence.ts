import { dataSetLicenceTag } from '../reserved-tags.ts';
import { tagsOf } from '../target.ts';
import type { PurposeQuestion, Rule } from './rule.ts';

/** A collection for evaluation is made only with the licence of its data set on record. */
export const dataSetLicence: Rule<PurposeQuestion> = {
  name: 'data-set-licence',
  judge({ call, purpose, target }) {
    if (purpose.consent !== 'data-set-licence' || target.kind !== 'new-collection') return undefined;
    if ((tagsOf(call.request)[dataSetLicenceTag] ?? '').trim() !== '') return undefined;
    return {
      code: 'InvalidParameterException',
      message: `A collection for ${purpose.name} needs the tag ${dataSetLicenceTag} naming the licence of the data set.`,
    };
  },
};
