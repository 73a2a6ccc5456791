import { describe, expect, it } from 'vitest';
import { type Alphabet, alphabetOf, decodeCtc } from './ctc.ts';

const alphabet: Alphabet = { characters: ['', 'a', 'b', ' '], space: 3 };

/** Rows of probabilities: blank, a, b, space. */
const rows = (...steps: readonly (readonly number[])[]): Float32Array => Float32Array.from(steps.flat());

describe('decoding a line', () => {
  it('joins repeats, and tells letters apart that a blank parts', () => {
    const read = decodeCtc(
      rows([0.1, 0.9, 0, 0], [0.2, 0.7, 0.1, 0], [0.9, 0.1, 0, 0], [0, 0.8, 0.2, 0], [0, 0.1, 0.9, 0]),
      5,
      alphabet,
    );
    expect(read.map(({ character }) => character)).toEqual(['a', 'a', 'b']);
    expect(read.map(({ first, last }) => [first, last])).toEqual([
      [0, 1],
      [3, 3],
      [4, 4],
    ]);
    expect(read[0]?.probability).toBeCloseTo(0.9, 6);
  });

  it('tells the highest probability of a space since the letter before', () => {
    const read = decodeCtc(rows([0, 0.9, 0, 0.1], [0.95, 0, 0, 0.05], [0.98, 0, 0, 0.02], [0, 0, 1, 0]), 4, alphabet);
    expect(read[1]?.spaceBefore).toBeCloseTo(0.05, 6);
  });

  it('reads nothing of blanks', () => {
    expect(decodeCtc(rows([1, 0, 0, 0], [0.9, 0.1, 0, 0]), 2, alphabet)).toEqual([]);
  });
});

describe('an alphabet', () => {
  it('is the dictionary between the blank and the space', () => {
    expect(alphabetOf("'\na\r\nb\n", 5)).toEqual({ characters: ['', "'", 'a', 'b', ' '], space: 4 });
  });

  it('is refused when it does not fill the net', () => {
    expect(() => alphabetOf('a\nb\n', 7)).toThrow(/2 characters.*5/);
  });
});
