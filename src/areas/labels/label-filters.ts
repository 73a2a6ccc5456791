import type { RequestOf } from '../../contract/index.ts';
import type { LabelEntry } from '../../shared/label-table.ts';

/** Which labels a caller wants. */
export interface LabelFilters {
  /** Whether nothing is filtered. */
  readonly isEmpty: boolean;
  keeps(label: Pick<LabelEntry, 'name' | 'categories'>): boolean;
}

type GeneralLabels = NonNullable<NonNullable<RequestOf<'DetectLabels'>['Settings']>['GeneralLabels']>;

/**
 * Puts the four lists of a request together: where there are inclusions a label must be in one of them, by its name or
 * one of its categories, and whatever is excluded is left out. Names are exact; an empty list is none.
 */
export function labelFilters(settings: GeneralLabels | undefined): LabelFilters {
  const names = new Set(settings?.LabelInclusionFilters);
  const categories = new Set(settings?.LabelCategoryInclusionFilters);
  const noNames = new Set(settings?.LabelExclusionFilters);
  const noCategories = new Set(settings?.LabelCategoryExclusionFilters);
  const includesAll = names.size === 0 && categories.size === 0;
  return {
    isEmpty: includesAll && noNames.size === 0 && noCategories.size === 0,
    keeps: ({ name, categories: own }) =>
      (includesAll || names.has(name) || own.some((category) => categories.has(category))) &&
      !noNames.has(name) &&
      !own.some((category) => noCategories.has(category)),
  };
}
