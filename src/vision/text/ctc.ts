/** A character that the recogniser read, with where in the line it did. */
export interface ReadCharacter {
  readonly character: string;
  /** Highest probability over its steps, 0..1. */
  readonly probability: number;
  /** First and last time step. */
  readonly first: number;
  readonly last: number;
  /** Highest probability of a space since the character before, 0..1: mostly far below the letters' own. */
  readonly spaceBefore: number;
}

/** The recogniser's alphabet: nothing new, then the dictionary, then the space. */
export interface Alphabet {
  readonly characters: readonly string[];
  readonly space: number;
}

/**
 * Reads a dictionary of one character a line.
 *
 * @throws {RangeError} when it does not fill the net's output
 */
export function alphabetOf(dictionary: string, size: number): Alphabet {
  const lines = dictionary.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const characters = ['', ...lines, ' '];
  if (characters.length !== size) {
    throw new RangeError(`the dictionary has ${lines.length} characters, but the net tells ${size - 2}`);
  }
  return { characters, space: size - 1 };
}

/**
 * Decodes a line greedily: the most probable symbol of each step, repeats joined, blanks left out. Spaces that win a
 * step are characters like others.
 *
 * @param probabilities `[steps, symbols]`, 0..1
 * @source A. Graves et al., "Connectionist temporal classification", 2006
 */
export function decodeCtc(probabilities: Float32Array, steps: number, alphabet: Alphabet): ReadCharacter[] {
  const symbols = alphabet.characters.length;
  const read: { -readonly [Key in keyof ReadCharacter]: ReadCharacter[Key] }[] = [];
  let before = 0;
  let spaceBefore = 0;
  for (let step = 0; step < steps; step++) {
    const row = step * symbols;
    let best = 0;
    let probability = probabilities[row] as number;
    // More than half is more than any other: most steps end at the blank, and need no look at 6,624 others.
    for (let symbol = 1; symbol < symbols && probability <= 0.5; symbol++) {
      const value = probabilities[row + symbol] as number;
      if (value > probability) {
        probability = value;
        best = symbol;
      }
    }
    spaceBefore = Math.max(spaceBefore, probabilities[row + alphabet.space] as number);
    const last = read.at(-1);
    if (best !== 0 && best === before && last !== undefined) {
      last.last = step;
      last.probability = Math.max(last.probability, probability);
    } else if (best !== 0) {
      const character = alphabet.characters[best] as string;
      read.push({ character, probability, first: step, last: step, spaceBefore });
      spaceBefore = 0;
    }
    before = best;
  }
  return read;
}
