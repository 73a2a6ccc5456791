import { describe, expect, it } from 'vitest';
import { LabelTableError, parseLabelTable, readLabelTable } from './label-table.ts';
import { readData } from './package-root.ts';

const categories = ['Animals and Pets', 'Vehicles and Automotive'];
const parse = (...lines: string[]) => parseLabelTable(lines.join('\n'), categories);

describe('an outline of labels', () => {
  it('takes parents from the depth of lines, and aliases, other parents, categories and prompts from the line', () => {
    const table = parse(
      '# a comment',
      '[Animals and Pets]',
      'Animal',
      '  Pet',
      '  Bird',
      '    Parrot = Polly; Macaw < Pet + Vehicles and Automotive : parrot on a perch',
      '[Vehicles and Automotive]',
      'Bus',
    );
    expect(table.entries.map(({ name }) => name)).toEqual(['Animal', 'Pet', 'Bird', 'Parrot', 'Bus']);
    expect(table.get('Parrot')).toEqual({
      name: 'Parrot',
      parents: ['Bird', 'Pet'],
      aliases: ['Polly', 'Macaw'],
      categories: ['Animals and Pets', 'Vehicles and Automotive'],
      prompt: 'parrot on a perch',
    });
    expect(table.ancestorsOf('Parrot')).toEqual(['Bird', 'Pet', 'Animal']);
    expect(table.get('Bus')).toMatchObject({ parents: [], categories: ['Vehicles and Automotive'], prompt: 'bus' });
    expect(table.ancestorsOf('Bus')).toEqual([]);
  });

  it.each([
    ['a circle of parents', ['[Animals and Pets]', 'Animal < Cat', '  Cat'], '"Animal" is above itself'],
    ['a parent that is missing', ['[Animals and Pets]', 'Cat < Feline'], 'the parent "Feline" of Cat is missing'],
    ['a category that is not on the list', ['[Furry Things]', 'Cat'], 'labels.txt line 2: "Furry Things" is not in'],
    [
      'a name used twice',
      ['[Animals and Pets]', 'Cat', 'Lion = cat'],
      'line 3: "cat" is already a name or alias of Cat',
    ],
    ['a label without a section', ['Cat'], 'line 1: a label before the first [Category]'],
    ['a jump in depth', ['[Animals and Pets]', 'Animal', '    Cat'], 'line 3: the label is indented deeper'],
    ['parts in another order', ['[Animals and Pets]', 'Cat < Cat = Cat'], 'line 2: cannot be read'],
  ])('refuses %s', (_, lines, message) => {
    expect(() => parse(...lines)).toThrow(LabelTableError);
    expect(() => parse(...lines)).toThrow(message);
  });
});

describe('data/labels.txt', () => {
  const table = readLabelTable();

  it('has a label for each class of COCO', () => {
    const { coco } = readData<{ readonly coco: readonly string[] }>('label-classes.json');
    expect(coco).toHaveLength(80);
    expect(new Set(coco).size).toBe(80);
    expect(coco.filter((name) => table.get(name) === undefined)).toEqual([]);
  });

  it('holds names that the filters of DetectLabels accept', () => {
    const names = table.entries.flatMap(({ name, aliases }) => [name, ...aliases]).concat(table.categories);
    expect(names.filter((name) => !/^[A-Za-z0-9àâèçñó'\-_(). ]{1,50}$/.test(name))).toEqual([]);
  });
});
