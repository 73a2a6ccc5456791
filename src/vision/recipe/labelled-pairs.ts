import { posix } from 'node:path';

/** A file of labelled pairs that cannot be used; the message names the line. */
export class LabelledPairsError extends Error {
  override readonly name = 'LabelledPairsError';
}

/** Labelled pairs of images, by their place in `images`. */
export interface LabelledPairs {
  /** Paths as the file has them, each once. */
  readonly images: readonly string[];
  readonly same: readonly (readonly [a: number, b: number])[];
  readonly different: readonly (readonly [a: number, b: number])[];
  /**
   * The person of each image, where each lies in the folder of its person: every two images of different people can
   * then be compared. Undefined where the folders say nothing, and only the pairs of the file are known.
   */
  readonly people: readonly number[] | undefined;
}

const COLUMNS = ['same', 'a', 'b'] as const;

/**
 * Reads labelled pairs: lines of fields between tabs under the head `fold`, `same` (1 or 0), `a`, `b`, the last two
 * being paths of images. `fold` may be left out.
 *
 * Folders are taken for people unless a pair of different people lies in one folder, or an image in none. Folders that
 * a pair of one person joins are one person's.
 *
 * @throws {LabelledPairsError}
 */
export function readLabelledPairs(text: string): LabelledPairs {
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = head.split('\t');
  const at = COLUMNS.map((name) => names.indexOf(name));
  if (at.includes(-1)) {
    throw new LabelledPairsError('the pairs file must begin with the line fold, same, a, b, with tabs between them');
  }
  const numbers = new Map<string, number>();
  const numberOf = (image: string): number => {
    const known = numbers.get(image) ?? numbers.size;
    numbers.set(image, known);
    return known;
  };
  const same: [number, number][] = [];
  const different: [number, number][] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const fields = line.split('\t');
    const [label, a, b] = at.map((column) => fields[column]?.trim() ?? '');
    const where = `the pairs file, line ${i + 2}`;
    if (!a || !b || (label !== '0' && label !== '1')) {
      throw new LabelledPairsError(`${where}: same is 1 or 0, and a and b are images`);
    }
    if (a === b) throw new LabelledPairsError(`${where}: both images are the same file`);
    (label === '1' ? same : different).push([numberOf(a), numberOf(b)]);
  }
  const images = [...numbers.keys()];
  return { images, same, different, people: peopleByFolder(images, same, different) };
}

function peopleByFolder(
  images: readonly string[],
  same: LabelledPairs['same'],
  different: LabelledPairs['different'],
): readonly number[] | undefined {
  const folders = images.map((image) => posix.dirname(image.replaceAll('\\', '/')));
  if (folders.includes('.') || different.some(([a, b]) => folders[a] === folders[b])) return undefined;
  const indexOf = new Map([...new Set(folders)].map((folder, i) => [folder, i]));
  const parents = [...indexOf.values()];
  const rootOf = (person: number): number => {
    let root = person;
    while (parents[root] !== root) root = parents[root] as number;
    parents[person] = root;
    return root;
  };
  const personOf = (image: number): number => rootOf(indexOf.get(folders[image] as string) as number);
  for (const [a, b] of same) parents[personOf(a)] = personOf(b);
  const torn = different.find(([a, b]) => personOf(a) === personOf(b));
  if (torn) {
    const [a, b] = torn.map((image) => images[image]);
    throw new LabelledPairsError(
      `the pairs file says of ${a} and ${b} that they are different people, and joins their folders by pairs of one person`,
    );
  }
  return images.map((_, image) => personOf(image));
}
