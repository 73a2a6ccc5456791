import { describe, expect, it } from 'vitest';
import { addScores, scoreWords } from './score.ts';

describe('scoring words', () => {
  it('counts each word as often as it stands there, whatever the order', () => {
    const score = scoreWords(['no', 'exit', 'no'], ['exit', 'no', 'Exit']);
    expect(score).toEqual({ true: 3, read: 3, right: 2, missed: ['no'], wrong: ['Exit'] });
  });

  it('takes signs of one look for one, and nothing else', () => {
    expect(scoreWords(['30°C', '价¥'], ['30℃', '价￥']).right).toBe(2);
    expect(scoreWords(['a-b'], ['a_b']).right).toBe(0);
  });

  it('adds up', () => {
    const sum = addScores([scoreWords(['a'], []), scoreWords(['b'], ['b', 'c'])]);
    expect(sum).toEqual({ true: 2, read: 2, right: 1, missed: ['a'], wrong: ['c'] });
  });
});
