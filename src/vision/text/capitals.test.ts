import { describe, expect, it } from 'vitest';
import { withCapitals } from './capitals.ts';

const made = (word: string, unsure: string): string =>
  withCapitals(
    [...word].map((character, i) => ({
      character,
      probability: unsure.includes(character) ? 0.6 : 0.95,

      first: i,
      last: i,
      spaceBefore: 0,
    })),
  )
    .map(({ character }) => character)
    .join('');

describe('a small letter that looks like its capital', () => {
  it('becomes one among capitals where the net was unsure of it', () => {
    expect(made('ExIT', 'x')).toBe('EXIT');
    expect(made('CLoSED!', 'o')).toBe('CLOSED!');
  });

  it('stays where the net was sure, where other letters are small or too few, or where it looks different', () => {
    expect(made('VoIP', '')).toBe('VoIP');
    expect(made('Exit', 'x')).toBe('Exit');
    expect(made('Ax', 'x')).toBe('Ax');
    expect(made('EnIT', 'n')).toBe('EnIT');
    expect(made('4x4', 'x')).toBe('4x4');
  });
});
