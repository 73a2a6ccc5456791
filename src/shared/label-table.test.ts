import { describe, expect, it } from 'vitest';
import { LabelTableError, parseLabelTable, readCocoLabels, readImagenetLabels, readLabelTable } from './label-table.ts';

/** Words that no label may hold, by what they would tell of a person; each as a whole word, with or without an s. */
const forbidden: Readonly<Record<string, readonly string[]>> = {
  'origin or looks': (
    'ethnic ethnicity race of people|racial|caucasian|asian person|black person|white person|latino|latina|hispanic|' +
    'indigenous|native american|aboriginal|arab|gypsy|tribal|tribe|immigrant|refugee|skin colou?r|dark skin|' +
    'traditional dress|kimono|sari|kilt|dashiki|sombrero|hanbok|cheongsam|nationality|foreigner'
  ).split('|'),
  faith: (
    'religion|religious|church|cathedral|chapel|mosque|synagogue|temple|shrine|monastery|stupa|pagoda|altar|cross|' +
    'crucifix|bible|quran|koran|torah|rosary|prayer|praying|pray|worship|priest|nun|monk|pope|bishop|rabbi|imam|' +
    'clergy|hijab|burqa|niqab|abaya|turban|kippah|yarmulke|cassock|vestment|christmas|santa claus|easter|nativity|' +
    'hanukkah|menorah|diwali|ramadan|eid|bar mitzvah|baptism|communion|buddha|jesus|saint|angel|god|mandala|' +
    'christian|christianity|muslim|islam|islamic|jewish|jew|hindu|sikh|buddhist|atheist'
  ).split('|'),
  'health or disability': (
    'health condition|medical|medicine|medication|patient|hospital|clinic|doctor|nurse|surgery|surgeon|disease|illness|' +
    'sick|injury|injured|wound|bandage|plaster cast|crutche?|wheelchair|walking stick|prosthesis|prosthetic|hearing aid|' +
    'white cane|guide dog|blind person|deaf|disabled|disability|pregnant|pregnancy|ultrasound|x-ray|syringe|injection|' +
    'vaccine|vaccination|pill|drug|therapy|obese|obesity|overweight|stretcher|neck brace|oxygen mask|acne|rash|scar|' +
    'autism|dementia|addict|addiction|drunk|pharmacy|ambulance patient|stethoscope|dentist|braces'
  ).split('|'),
  'orientation or love': (
    'gay|lesbian|bisexual|queer|lgbt\\w*|homosexual|heterosexual|transgender|drag queen|pride parade|pride flag|' +
    'rainbow flag|couple|kissing|kiss|dating|romantic|romance|lover|boyfriend|girlfriend|husband|wife'
  ).split('|'),
  politics: (
    'politic\\w*|protest|protester|demonstration|rally against|picketing|strike|election|voting|vote|ballot|campaign|' +
    'parliament|party member|communis\\w*|fascis\\w*|nazi\\w*|swastika|propaganda|union member|activist|riot'
  ).split('|'),
  'gender or age': (
    'man|woman|men|women|male|female|boy|girl|gender|lady|gentleman|adult|child|children|teenager|teen|toddler|infant|' +
    'elderly|senior|old person|young person|mother|father|grandmother|grandfather|bride|groom|bridegroom'
  ).split('|'),
};

/** Names of animals, plants and clocks that hold such a word by chance. */
const harmlessNames = ['Saint Bernard', 'Praying Mantis', "Lady's Slipper", 'Grandfather Clock'];

/** Words for peoples and countries. */
const demonyms = (
  'african american asian european australian chinese japanese korean indian mexican english scottish scotch welsh irish british french german italian ' +
  'spanish portuguese greek turkish russian dutch belgian swiss norwegian swedish danish finnish egyptian persian ' +
  'iranian afghan tibetan nepalese thai vietnamese siamese brazilian cuban hawaiian eskimo inuit maori zulu viking celtic'
).split(' ');

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
  const names = table.entries.flatMap(({ name, aliases }) => [name, ...aliases]);

  it('holds at least 2,000 labels, each with a category, a place in the outline and names of its own', () => {
    // parseLabelTable refuses circles, missing parents, other categories and names used twice
    expect(table.entries.length).toBeGreaterThanOrEqual(2000);
    expect(table.categories).toEqual([...table.categories].sort());
    const used = new Set(table.entries.flatMap(({ categories }) => categories));
    expect(table.categories.filter((category) => !used.has(category))).toEqual([]);
    expect(table.entries.filter(({ categories }) => new Set(categories).size !== categories.length)).toEqual([]);
    expect(table.entries.filter(({ parents }) => new Set(parents).size !== parents.length)).toEqual([]);
  });

  it('gives a label the ancestors that clients of AWS look for', () => {
    expect(table.ancestorsOf('Golden Retriever')).toEqual(
      expect.arrayContaining(['Retriever', 'Dog', 'Canine', 'Pet', 'Mammal', 'Animal']),
    );
    expect(table.ancestorsOf('Car')).toEqual(['Land Vehicle', 'Vehicle', 'Transportation']);
    expect(table.get('Car')?.categories).toEqual(['Vehicles and Automotive']);
    expect(table.ancestorsOf('Face')).toEqual(['Person']);
  });

  it('has a label for each class of COCO, each another one', () => {
    const coco = readCocoLabels();
    expect(coco).toHaveLength(80);
    expect(new Set(coco).size).toBe(80);
    expect(coco.filter((name) => table.get(name) === undefined)).toEqual([]);
    expect([coco[0], coco[15], coco[16], coco[79]]).toEqual(['Person', 'Cat', 'Dog', 'Toothbrush']);
  });

  it('has a label for each class of ImageNet, in its order', () => {
    const labels = readImagenetLabels();
    expect(labels).toHaveLength(1000);
    expect(labels.filter((name) => table.get(name) === undefined)).toEqual([]);
    // classes whose names mean two things, at places that are known from ILSVRC
    expect([labels[134], labels[517], labels[21], labels[701]]).toEqual([
      'Crane (Bird)',
      'Crane',
      'Kite (Bird)',
      'Parachute',
    ]);
    expect([labels[207], labels[281], labels[409], labels[954], labels[999]]).toEqual([
      'Golden Retriever',
      'Tabby Cat',
      'Analog Clock',
      'Banana',
      'Toilet Paper',
    ]);
  });

  it('holds names that the filters of DetectLabels accept', () => {
    const all = [...names, ...table.categories];
    expect(all.filter((name) => !/^[A-Za-z0-9àâèçñó'\-_(). ]{1,50}$/.test(name))).toEqual([]);
  });

  it.each(Object.entries(forbidden))('has no label, alias, category or prompt that tells of %s', (_, words) => {
    const pattern = new RegExp(`\\b(?:${words.join('|')})s?\\b`, 'i');
    const harmless = new Set(harmlessNames.flatMap((name) => [name, name.toLowerCase()]));
    const texts = [...names, ...table.categories, ...table.entries.map(({ prompt }) => prompt)];
    expect(texts.filter((text) => pattern.test(text) && !harmless.has(text))).toEqual([]);
  });

  it('calls only animals, food, games, instruments and pots after peoples and countries', () => {
    const pattern = new RegExp(`\\b(?:${demonyms.join('|')})s?\\b`, 'i');
    const harmless = ['Animal', 'Food', 'Sport', 'Sports Ball', 'Musical Instrument', 'Cookware'];
    const found = table.entries.filter(
      ({ name, aliases }) =>
        [name, ...aliases].some((word) => pattern.test(word)) &&
        !table.ancestorsOf(name).some((ancestor) => harmless.includes(ancestor)),
    );
    expect(found.map(({ name }) => name)).toEqual([]);
  });
});
