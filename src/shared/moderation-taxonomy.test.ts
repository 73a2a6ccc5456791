import { describe, expect, it } from 'vitest';
import { readModerationTaxonomy } from './moderation-taxonomy.ts';

const taxonomy = readModerationTaxonomy();

describe('the taxonomy of moderation', () => {
  it('has ten categories and three levels, and every name once', () => {
    const byLevel = [1, 2, 3].map((level) => taxonomy.labels.filter((label) => label.level === level).length);
    expect(byLevel).toEqual([10, 20, 22]);
    expect(new Set(taxonomy.labels.map(({ name }) => name)).size).toBe(taxonomy.labels.length);
  });

  it('leads from a label up to its category', () => {
    expect(taxonomy.lineOf('Implied Nudity').map(({ name, level }) => [name, level])).toEqual([
      ['Implied Nudity', 3],
      ['Non-Explicit Nudity', 2],
      ['Non-Explicit Nudity of Intimate parts and Kissing', 1],
    ]);
    expect(taxonomy.lineOf('Knitting')).toEqual([]);
  });

  it('says that only two labels of the first level, and drawn pictures, can be told', () => {
    expect(taxonomy.labels.filter(({ covered }) => covered).map(({ name, parent }) => [name, parent])).toEqual([
      ['Explicit', ''],
      ['Non-Explicit Nudity of Intimate parts and Kissing', ''],
    ]);
    expect(taxonomy.contentTypes).toEqual([
      { name: 'Animated', covered: false },
      { name: 'Illustrated', covered: true },
    ]);
  });
});
