import type { ReadCharacter } from './ctc.ts';

/** Small letters that look like their capitals but for their size, which a crop of one line hardly shows. */
const alike = /^[cosuvwxz]$/;
/** A letter read less surely than this may be its capital. */
const UNSURE = 0.8;
/** Other letters that must all be capitals. */
const LEAST_CAPITALS = 2;

/** The characters of a word with those made capitals that were read unsurely as small among nothing but capitals. */
export function withCapitals(word: readonly ReadCharacter[]): readonly ReadCharacter[] {
  const unsure = ({ character, probability }: ReadCharacter): boolean => probability < UNSURE && alike.test(character);
  const letters = word.filter((read) => /\p{L}/u.test(read.character) && !unsure(read));
  if (letters.length < LEAST_CAPITALS || !letters.every(({ character }) => /\p{Lu}/u.test(character))) return word;
  return word.map((read) => (unsure(read) ? { ...read, character: read.character.toUpperCase() } : read));
}
