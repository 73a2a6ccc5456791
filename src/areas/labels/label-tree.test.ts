import { describe, expect, it } from 'vitest';
import { parseLabelTable } from '../../shared/label-table.ts';
import type { RawLabel } from '../../vision/index.ts';
import { labelFilters } from './label-filters.ts';
import { labelsOf, labelsToLookFor } from './label-tree.ts';

const table = parseLabelTable(
  ['[Animals]', 'Animal', '  Pet', '    Dog = Hound', '    Cat', '[Vehicles]', 'Vehicle', '  Car + Animals'].join('\n'),
  ['Animals', 'Vehicles'],
);
const box = { left: 0, top: 0, width: 1, height: 1 };
const raw = (name: string, confidence: number, objects = 1, source = 'a'): RawLabel => ({
  name,
  confidence,
  instances: Array.from({ length: objects }, () => ({ box, confidence })),
  source,
});
const seen = (labels: readonly RawLabel[]) =>
  labelsOf(labels, table).map(({ entry, confidence, instances }) => [entry.name, confidence, instances.length]);

describe('the labels of an image', () => {
  it('have their ancestors beside them, each as sure as the surest below it, without its objects', () => {
    expect(seen([raw('Dog', 60), raw('Cat', 80)])).toEqual([
      ['Animal', 80, 0],
      ['Cat', 80, 1],
      ['Pet', 80, 0],
      ['Dog', 60, 1],
    ]);
    expect(labelsOf([raw('Dog', 60)], table).find(({ entry }) => entry.name === 'Dog')?.ancestors).toEqual([
      'Pet',
      'Animal',
    ]);
  });

  it('are told once where two sources saw them, with the objects of one', () => {
    expect(seen([raw('Car', 60, 3, 'a'), raw('Car', 90, 0, 'b')])).toEqual([
      ['Car', 90, 3],
      ['Vehicle', 90, 0],
    ]);
    expect(seen([raw('Car', 90, 2, 'a'), raw('Car', 60, 3, 'b')])[0]).toEqual(['Car', 90, 2]);
  });

  it('keep the objects of a label that is an ancestor of a surer one, and lose a name that the table has not', () => {
    expect(seen([raw('Dog', 90), raw('Animal', 60, 2), raw('Unicorn', 99)])).toEqual([
      ['Animal', 90, 2],
      ['Dog', 90, 1],
      ['Pet', 90, 0],
    ]);
  });
});

describe('the filters of a request', () => {
  const kept = (settings: Parameters<typeof labelFilters>[0]) =>
    table.entries.filter((entry) => labelFilters(settings).keeps(entry)).map(({ name }) => name);

  it('take what one of the inclusions names, and never what an exclusion names', () => {
    expect(kept(undefined)).toHaveLength(6);
    expect(kept({ LabelInclusionFilters: [] })).toHaveLength(6);
    expect(kept({ LabelInclusionFilters: ['Dog', 'Hound', 'cat'] })).toEqual(['Dog']);
    expect(kept({ LabelInclusionFilters: ['Dog'], LabelCategoryInclusionFilters: ['Vehicles'] })).toEqual([
      'Dog',
      'Vehicle',
      'Car',
    ]);
    expect(kept({ LabelCategoryExclusionFilters: ['Animals'] })).toEqual(['Vehicle']);
    expect(kept({ LabelCategoryInclusionFilters: ['Vehicles'], LabelExclusionFilters: ['Car'] })).toEqual(['Vehicle']);
  });

  it('have sources look for what is below a wanted label too, and for all where nothing is filtered', () => {
    const wanted = labelsToLookFor(table, labelFilters({ LabelInclusionFilters: ['Pet'] }));
    expect([...(wanted ?? [])]).toEqual(['Pet', 'Dog', 'Cat']);
    expect(labelsToLookFor(table, labelFilters(undefined))).toBeUndefined();
    expect(labelsToLookFor(table, labelFilters({ LabelInclusionFilters: ['Unicorn'] }))?.size).toBe(0);
  });
});
