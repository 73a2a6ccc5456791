import { describe, expect, it } from 'vitest';
import type { ReadCharacter } from './ctc.ts';
import { extentsOf, splitWords } from './words.ts';

/** Letters every three steps; `spaces` gives a trace before a letter by its place, `wider` more steps before it. */
function line(
  text: string,
  spaces: Readonly<Record<number, number>> = {},
  wider: Readonly<Record<number, number>> = {},
): ReadCharacter[] {
  let step = 2;
  return [...text].map((character, i) => {
    step += i === 0 ? 0 : 3 + (wider[i] ?? 0);
    return { character, probability: 0.9, first: step, last: step, spaceBefore: spaces[i] ?? 0.0001 };
  });
}
const split = (...of: Parameters<typeof line>): string[] => splitWords(line(...of)).map(({ text }) => text);

describe('splitting into words', () => {
  it('splits at spaces that were read, also at the wide one of Chinese', () => {
    expect(split('no parking')).toEqual(['no', 'parking']);
    expect(split('大桶\u3000更')).toEqual(['大桶', '更']);
    expect(split(' no ')).toEqual(['no']);
    expect(split('')).toEqual([]);
  });

  it('splits at the trace of a space only with the room for one', () => {
    expect(split('noparking', { 2: 0.03 }, { 2: 2 })).toEqual(['no', 'parking']);
    expect(split('noparking', { 2: 0.03 }, { 2: 1 })).toEqual(['noparking']);
    expect(split('noparking', { 2: 0.08 })).toEqual(['no', 'parking']);
    expect(split('noparking', { 2: 0.08 }, { 2: -1 })).toEqual(['noparking']);
    expect(split('大桶装更划算', { 3: 0.03 }, { 3: 1 })).toEqual(['大桶装', '更划算']);
    expect(split('noparking', {}, { 2: 4 })).toEqual(['noparking']);
  });

  it('splits at a strong trace where letters stand close', () => {
    expect(split('DRYFLAT', { 3: 0.44 }, { 3: -1 })).toEqual(['DRY', 'FLAT']);
  });

  it('keeps closing marks with what they close', () => {
    expect(split('No.24', { 2: 0.3 }, { 2: 1 })).toEqual(['No.24']);
    expect(split('50%', { 2: 0.3 }, { 2: 1 })).toEqual(['50%']);
  });
});

describe('where words lie', () => {
  it('is about their letters, in order and without overlap', () => {
    const runs = splitWords(line('no parking'));
    const [first, second] = extentsOf(runs, 40);
    expect(first?.from).toBeLessThan(2 / 40);
    expect(first?.to).toBeGreaterThan(6 / 40);
    expect(first?.to).toBeLessThanOrEqual(second?.from ?? 0);
    expect(second?.to).toBeGreaterThan(30 / 40);
    expect(second?.to).toBeLessThanOrEqual(1);
  });

  it('is the whole line for a single letter', () => {
    expect(extentsOf(splitWords(line('A')), 6)).toEqual([{ from: 0, to: 1 }]);
  });
});
