import type { ReadCharacter } from './ctc.ts';

/** A run of characters without a space. */
export interface CharacterRun {
  readonly text: string;
  readonly characters: readonly ReadCharacter[];
}

/**
 * The recogniser drops some spaces and leaves a trace: a probability of a space that wins no step. How high it must be
 * where the step to the next letter is this many times the line's usual one. Of 2,452 pairs of letters of rendered
 * signs and a page, 474 with a space, the traces of unread spaces were 0.077 to 0.45, all others up to 0.051 (in
 * monospaced print, where a step says nothing).
 */
const traces: readonly { readonly probability: number; readonly step: number }[] = [
  { probability: 0.25, step: 0 },
  { probability: 0.065, step: 1 },
  { probability: 0.02, step: 1.5 },
];
/** Between Chinese characters, which are all of one width, a longer step is no chance. */
const tracesInChinese = [...traces, { probability: 0.02, step: 1.15 }];
const chinese = /^\p{Script=Han}$/u;
/** What no word begins with. */
const closing = /^[.,;:!?)\]}%’”、。，；：！？）】》]$/u;

/** Splits what was read of a line into words: at the spaces that were read, and where one left a trace. */
export function splitWords(read: readonly ReadCharacter[]): CharacterRun[] {
  const letters = read.filter(({ character }) => !isSpace(character));
  const usual = median(letters.slice(1).map((letter, i) => middle(letter) - middle(letters[i] as ReadCharacter)));
  const runs: ReadCharacter[][] = [];
  let before: ReadCharacter | undefined;
  let spaced = true;
  for (const character of read) {
    if (isSpace(character.character)) {
      spaced = true;
      continue;
    }
    if (before === undefined || spaced || leftTrace(before, character, usual)) runs.push([]);
    runs.at(-1)?.push(character);
    before = character;
    spaced = false;
  }
  return runs.map((characters) => ({ text: characters.map(({ character }) => character).join(''), characters }));
}

function leftTrace(before: ReadCharacter, { character, spaceBefore, ...at }: ReadCharacter, usual: number): boolean {
  if (closing.test(character)) return false;
  const step = middle(at) - middle(before);
  const known = chinese.test(character) && chinese.test(before.character) ? tracesInChinese : traces;
  return known.some((trace) => spaceBefore >= trace.probability && step >= trace.step * usual);
}

/** Where each word of a line lies, 0 the line's beginning and 1 its end, in time steps of the recogniser. */
export function extentsOf(runs: readonly CharacterRun[], steps: number): { from: number; to: number }[] {
  const letters = runs.flatMap(({ characters }) => characters);
  const first = letters[0];
  const last = letters.at(-1);
  if (first === undefined || last === undefined) return [];
  const advance = letters.length > 1 ? (last.first - first.first) / (letters.length - 1) : steps;
  return runs.map(({ characters }, i) => {
    const begin = characters[0] as ReadCharacter;
    const end = characters.at(-1) as ReadCharacter;
    const previous = runs[i - 1]?.characters.at(-1);
    const next = runs[i + 1]?.characters[0];
    const floor = previous === undefined ? 0 : (previous.last + begin.first + 1) / 2;
    const ceiling = next === undefined ? steps : (end.last + next.first + 1) / 2;
    return {
      from: Math.max(floor, begin.first - advance / 2) / steps,
      to: Math.min(ceiling, end.last + 1 + advance / 2) / steps,
    };
  });
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\u3000';
}

function middle({ first, last }: Pick<ReadCharacter, 'first' | 'last'>): number {
  return (first + last) / 2;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
