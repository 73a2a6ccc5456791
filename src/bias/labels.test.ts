import { describe, expect, it } from 'vitest';
import { readLabelledPairs, readScoredPairs } from './labels.ts';

const groups = 'image,group\na.jpg,x\nb.jpg,x\nc.jpg,y\nd.jpg,\n';

describe('labelled pairs', () => {
  it('join their images to groups, and people where pairs say that images are of one', () => {
    const pairs = 'image_a,image_b,same\na.jpg,b.jpg,1\nb.jpg,c.jpg,0\na.jpg,d.jpg,0\n';
    const read = readLabelledPairs(pairs, groups);
    expect(read.identities).toBe('derived');
    const [one, two, three] = read.pairs;
    expect(one?.a.person).toBe(one?.b.person);
    expect(two?.a.person).toBe(one?.a.person);
    expect(two?.b.person).not.toBe(one?.a.person);
    expect([one?.a.group, two?.b.group, three?.b.group]).toEqual(['x', 'y', undefined]);
  });

  it('take people from either file', () => {
    const named = 'group,image,person\nx,a.jpg,p\nx,b.jpg,p\ny,c.jpg,q\n';
    expect(readLabelledPairs('image_a,image_b,same\na.jpg,b.jpg,1\na.jpg,c.jpg,0\n', named)).toMatchObject({
      identities: 'stated',
      pairs: [{ a: { person: 'p' } }, { b: { person: 'q' } }],
    });
  });

  it('count a pair once, whichever way round it stands', () => {
    const read = readLabelledPairs('image_a,image_b,same\na.jpg,c.jpg,0\nc.jpg,a.jpg,0\n', groups);
    expect([read.pairs.length, read.repeatedPairs]).toEqual([1, 1]);
  });

  it('read quotes, spaces, a byte order mark and Windows line ends', () => {
    const read = readLabelledPairs(
      '\uFEFFImage_A, image_b ,same\r\n"a.jpg", "b.jpg" ,1\r\n\r\n'.replace(' "b.jpg" ', 'b.jpg'),
      groups,
    );
    expect(read.pairs[0]?.b.image).toBe('b.jpg');
    const comma = readLabelledPairs(
      'image_a,image_b,same\n"with, comma ""x"".jpg",a.jpg,0\n',
      `${groups}"with, comma ""x"".jpg",x\n`,
    );
    expect(comma.pairs[0]?.a.image).toBe('with, comma "x".jpg');
  });

  it.each([
    ['a missing column', 'image_a,same\na.jpg,1\n', /lacks the column image_b/],
    ['no pair', 'image_a,image_b,same\n', /holds no pair/],
    ['a label that is neither 1 nor 0', 'image_a,image_b,same\na.jpg,b.jpg,yes\n', /line 2: same must be 1/],
    [
      'an image without a group line',
      'image_a,image_b,same\na.jpg,z.jpg,1\n',
      /line 2: z.jpg is not in the groups file/,
    ],
    ['an image with itself', 'image_a,image_b,same\na.jpg,a.jpg,1\n', /same file/],
    ['two labels for one person', 'image_a,image_b,same,person_a,person_b\na.jpg,b.jpg,0,p,p\n', /line 2: same is 0/],
    [
      'chained people that a pair calls two',
      'image_a,image_b,same\na.jpg,b.jpg,1\nb.jpg,c.jpg,1\na.jpg,c.jpg,0\n',
      /line 4/,
    ],
    ['a quote without end', 'image_a,image_b,same\n"a.jpg,b.jpg,1\n', /line 2: a quote/],
    ['too many values', 'image_a,image_b,same\na.jpg,b.jpg,1,2\n', /line 2: 4 values/],
  ])('are refused for %s, naming the line', (_, pairs, message) => {
    expect(() => readLabelledPairs(pairs, groups)).toThrow(message);
  });

  it('are refused where an image has two groups', () => {
    expect(() => readLabelledPairs('image_a,image_b,same\na.jpg,b.jpg,1\n', `${groups}a.jpg,y\n`)).toThrow(/twice/);
  });
});

describe('scored pairs', () => {
  const header = 'group_a,group_b,person_a,person_b,same,score,failed\n';

  it('take an empty score for a failure to enrol', () => {
    expect(readScoredPairs(`${header}x,x,p,p,1,93.5,\nx,y,p,q,0,,b\n`)).toEqual([
      expect.objectContaining({ same: true, score: 93.5 }),
      expect.objectContaining({ same: false, score: undefined, b: expect.objectContaining({ failed: true }) }),
    ]);
  });

  it('are refused for a score that is no number', () => {
    expect(() => readScoredPairs(`${header}x,x,p,p,1,high,\n`)).toThrow(/line 2: the score 'high'/);
  });
});
