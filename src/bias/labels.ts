import { type CsvRow, LabelError, readCsv } from './csv.ts';
import type { Sample, ScoredPair } from './scored-pairs.ts';

/** A pair of images that waits for its score. */
export interface LabelledPair {
  readonly a: Sample & { readonly image: string };
  readonly b: Sample & { readonly image: string };
  readonly same: boolean;
}

/** What the two files of labels say together. */
export interface LabelledPairs {
  readonly pairs: readonly LabelledPair[];
  /** `stated` in the files, or `derived`: images that a chain of same = 1 joins are one person. */
  readonly identities: 'stated' | 'derived';
  /** Pairs that stand in the file more than once, either way round, beyond the first. */
  readonly repeatedPairs: number;
}

interface Member {
  readonly group: string | undefined;
  readonly person: string | undefined;
}

const pairsFile = 'the pairs file';
const groupsFile = 'the groups file';

/**
 * Reads labelled pairs and the groups of their images.
 *
 * @param pairsCsv columns image_a, image_b, same (1 or 0), and where known person_a, person_b
 * @param groupsCsv columns image, group (empty where the person did not say), and where known person
 * @throws {LabelError} naming the line that contradicts another or cannot be read
 */
export function readLabelledPairs(pairsCsv: string, groupsCsv: string): LabelledPairs {
  const members = readGroups(groupsCsv);
  const seen = new Set<string>();
  let repeatedPairs = 0;
  const rows = readCsv(pairsCsv, ['image_a', 'image_b', 'same'], pairsFile).flatMap((row) => {
    const [imageA, imageB] = [required(row, 'image_a', pairsFile), required(row, 'image_b', pairsFile)];
    if (imageA === imageB) throw new LabelError(`${pairsFile}, line ${row.line}: both images are the same file`);
    const key = JSON.stringify([imageA, imageB].sort());
    if (seen.has(key)) {
      repeatedPairs++;
      return [];
    }
    seen.add(key);
    const side = (image: string, person: string | undefined) => {
      const member = members.get(image);
      if (member === undefined) {
        throw new LabelError(
          `${pairsFile}, line ${row.line}: ${image} is not in ${groupsFile}; add it, with an empty group where none is known`,
        );
      }
      if (person !== undefined && member.person !== undefined && person !== member.person) {
        throw new LabelError(`${pairsFile}, line ${row.line}: ${image} is of another person than in ${groupsFile}`);
      }
      return { image, group: member.group, person: person ?? member.person };
    };
    return [
      {
        line: row.line,
        a: side(imageA, row.value('person_a')),
        b: side(imageB, row.value('person_b')),
        same: sameOf(row, pairsFile),
      },
    ];
  });
  if (rows.length === 0) throw new LabelError(`${pairsFile} holds no pair`);
  const stated = rows.every(({ a, b }) => a.person !== undefined && b.person !== undefined);
  const derived = stated ? undefined : peopleByPairs(rows.map(({ a, b, same }) => ({ a: a.image, b: b.image, same })));
  const named = <S extends { image: string; person: string | undefined }>(side: S) => ({
    ...side,
    person: derived ? derived(side.image) : (side.person ?? ''),
  });
  const pairs = rows.map(({ line, a, b, same }) => {
    const pair = { a: named(a), b: named(b), same };
    checkPeople(pair, line, pairsFile);
    return pair;
  });
  return { pairs, identities: stated ? 'stated' : 'derived', repeatedPairs };
}

/**
 * Reads pairs that have scores already.
 *
 * @param csv columns group_a, group_b, person_a, person_b, same, score (empty: failure to enrol); where known image_a,
 * image_b and failed (`a`, `b` or `ab`)
 * @throws {LabelError} naming the line
 */
export function readScoredPairs(csv: string): readonly ScoredPair[] {
  const what = 'the scores file';
  const needed = ['group_a', 'group_b', 'person_a', 'person_b', 'same', 'score'];
  const pairs = readCsv(csv, needed, what).map((row): ScoredPair => {
    const failed = row.value('failed')?.toLowerCase();
    const side = (name: 'a' | 'b') => ({
      person: required(row, `person_${name}`, what),
      group: row.value(`group_${name}`),
      image: row.value(`image_${name}`),
      failed: failed?.includes(name),
    });
    const score = row.value('score');
    if (score !== undefined && !Number.isFinite(Number(score))) {
      throw new LabelError(`${what}, line ${row.line}: the score '${score}' is no number`);
    }
    const pair = {
      a: side('a'),
      b: side('b'),
      same: sameOf(row, what),
      score: score === undefined ? undefined : Number(score),
    };
    checkPeople(pair, row.line, what);
    return pair;
  });
  if (pairs.length === 0) throw new LabelError(`${what} holds no pair`);
  return pairs;
}

function readGroups(csv: string): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  for (const row of readCsv(csv, ['image', 'group'], groupsFile)) {
    const image = required(row, 'image', groupsFile);
    const member = { group: row.value('group'), person: row.value('person') };
    const before = members.get(image);
    if (before && (before.group !== member.group || before.person !== member.person)) {
      throw new LabelError(`${groupsFile}, line ${row.line}: ${image} stands in it twice, with different labels`);
    }
    members.set(image, member);
  }
  return members;
}

function required(row: CsvRow, column: string, what: string): string {
  const value = row.value(column);
  if (value === undefined) throw new LabelError(`${what}, line ${row.line}: ${column} is empty`);
  return value;
}

function sameOf(row: CsvRow, what: string): boolean {
  const value = row.value('same');
  if (value !== '1' && value !== '0') {
    throw new LabelError(`${what}, line ${row.line}: same must be 1 (one person) or 0 (two people)`);
  }
  return value === '1';
}

function checkPeople(pair: ScoredPair, line: number, what: string): void {
  if (pair.same === (pair.a.person === pair.b.person)) return;
  throw new LabelError(
    `${what}, line ${line}: same is ${pair.same ? 1 : 0}, but its images are of ${pair.same ? 'two people' : 'one person'} by the other labels`,
  );
}

/** Joins the images of one person by the pairs that say so. @returns a name for the person of an image */
function peopleByPairs(pairs: readonly { a: string; b: string; same: boolean }[]): (image: string) => string {
  const parents = new Map<string, string>();
  const rootOf = (image: string): string => {
    let root = image;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    // Every image on the way points to the root from now on, or chains would be walked again and again.
    for (let at = image; at !== root; ) {
      const next = parents.get(at) ?? root;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  for (const { a, b, same } of pairs) {
    if (same && rootOf(a) !== rootOf(b)) parents.set(rootOf(a), rootOf(b));
  }
  return rootOf;
}
