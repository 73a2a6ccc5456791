import type { ReadCharacter } from './ctc.ts';

/** A run of characters without a space. */
export interface CharacterRun {
  readonly text: string;
  readonly characters: readonly ReadCharacter[];
}

/** The recogniser drops most spaces of English; what is left of one is this probability. Measured on rendered text. */
const SPACE_PROBABILITY = 0.02;
/** A space takes room: the step to the next letter against the line's usual one. */
const SPACE_GAP = 1.15;

/**
 * Splits what was read of a line into words: at the spaces that were read, and where a trace of a space comes with a
 * step to the next letter that is longer than usual. Either alone is wrong: the trace splits monospaced code, the step
 * splits after wide letters.
 */
export function splitWords(read: readonly ReadCharacter[]): CharacterRun[] {
  const letters = read.filter(({ character }) => !isSpace(character));
  const usual = median(letters.slice(1).map((letter, i) => middle(letter) - middle(letters[i] as ReadCharacter)));
  const runs: ReadCharacter[][] = [];
  let before: ReadCharacter | undefined;
  let broken = true;
  for (const character of read) {
    if (isSpace(character.character)) {
      broken = true;
      continue;
    }
    const traced =
      before !== undefined &&
      character.spaceBefore >= SPACE_PROBABILITY &&
      middle(character) - middle(before) >= SPACE_GAP * usual;
    if (broken || traced) runs.push([]);
    runs.at(-1)?.push(character);
    before = character;
    broken = false;
  }
  return runs.map((characters) => ({ text: characters.map(({ character }) => character).join(''), characters }));
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

function middle({ first, last }: ReadCharacter): number {
  return (first + last) / 2;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
